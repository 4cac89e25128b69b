# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Questions in nuScenes-QA's form (arXiv 2305.14836) from the boxes of any scene."""
