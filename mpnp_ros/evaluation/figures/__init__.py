# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Figures from records: accuracies with intervals, controls, costs, comparisons, tables."""
