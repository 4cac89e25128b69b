# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Ways to let a language model see latents: ours, and those it is compared with."""
