# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The ROS 2 side: thin nodes that convert, time and publish what the rest of mpnp_ros computes."""
