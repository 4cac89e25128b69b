# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Modality plug and play: sensors as latent tokens in the last blocks of an LLM, on ROS 2."""

__version__ = '0.1.0'
