# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The set-up behind tools/setup: standard library only, one module per concern."""
