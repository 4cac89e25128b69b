# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of fusions share with those of the core."""

from pathlib import Path
import sys

# Modules of the folder above: pytest's importlib mode leaves it off the path.
sys.path.insert(0, str(Path(__file__).parents[1]))
