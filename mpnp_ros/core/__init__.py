# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The part without ROS: weights, language model, fusion, training."""
