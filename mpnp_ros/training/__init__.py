# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Training of connectors as a command; nothing here imports ROS."""
