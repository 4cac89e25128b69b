# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Scenario files: what is evaluated, and the floors that figures have to keep."""
