# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Bags evaluated through topics: launched, and put together into one run."""
