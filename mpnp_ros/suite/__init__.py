# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the nodes and the offline evaluation share: parameters, views, sets, freshness. No ROS."""
