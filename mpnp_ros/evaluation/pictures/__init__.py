# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures of the moments behind answers: cameras, range images, top views."""
