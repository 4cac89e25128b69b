# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Recordings: read whole or damaged, in order and in constant memory; written."""
