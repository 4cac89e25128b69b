# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Training of the lidar encoder's network on recorded scenes whose truth is known."""
