# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a camera loses at night, and what connectors adapted to it win back."""
