# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Ways of fusing compared: same language model, encoders, samples, order and operations."""
