# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the tests of the evaluation share."""

from pathlib import Path
import sys

# Modules of this folder, and the tiny models: pytest's importlib mode leaves them off the path.
sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(1, str(Path(__file__).parents[1] / 'core'))
