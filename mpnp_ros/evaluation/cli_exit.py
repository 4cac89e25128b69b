# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Exit codes of `mpnp-evaluate`."""

from __future__ import annotations

DONE = 0
FAILED = 1
UNUSABLE = 2
PROBLEMS = 3
