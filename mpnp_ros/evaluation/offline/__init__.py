# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Bags evaluated without topics: deterministic, resumable, in several processes."""
