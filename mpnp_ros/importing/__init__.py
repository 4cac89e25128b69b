# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Data sets as rosbag2 bags, with questions where they have boxes; no ROS import."""
