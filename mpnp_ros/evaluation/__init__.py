# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Data sets and bags in, scores and reports out; no ROS import."""
