# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What all tests share."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mpnp_ros.core.weights import locate, WeightsMissing


@pytest.fixture
def need_weights() -> Callable[[str], None]:
    """Return a function that skips the test where pretrained weights are not in the cache."""
    def check(name: str) -> None:
        try:
            locate(name)
        except WeightsMissing as missing:
            pytest.skip(str(missing))
    return check
