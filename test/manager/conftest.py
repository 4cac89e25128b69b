# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the manager's tests share."""

from pathlib import Path
import sys

# Modules of this folder: pytest's importlib mode leaves it off the path.
sys.path.insert(0, str(Path(__file__).parent))
