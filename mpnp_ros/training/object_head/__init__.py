# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Training of the heads that find objects, on recorded scenes whose truth is known."""
