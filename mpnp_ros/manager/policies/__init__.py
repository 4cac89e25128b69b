# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Policies: from the modalities on offer and the questions to a choice; one class each."""
