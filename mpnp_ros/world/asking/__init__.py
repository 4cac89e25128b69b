# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Questions with answers about the moments of a simulated drive, from what is true of them."""
