# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The simulated drive: a street seen by a camera and a lidar, with questions and answers."""

import os
import sys

if sys.platform == 'linux':
    # MuJoCo picks its OpenGL binding when it is first imported, and its own choice needs a screen.
    os.environ.setdefault('MUJOCO_GL', 'egl')
