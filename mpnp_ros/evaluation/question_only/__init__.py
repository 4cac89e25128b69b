# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How much of the answers the words of the questions tell, without any sensor."""
