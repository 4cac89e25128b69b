# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which modalities the LLM uses, decided without ROS and without torch."""
