# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What tests of a suite on two machines share: the link between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
import sys

import pytest

sys.path.insert(0, str(Path(__file__).parent))   # for `import shaped_link`
sys.path.insert(1, str(Path(__file__).parents[1] / 'core'))   # where the tiny models are

from shaped_link import LinkUnavailable, Shape, ShapedLink  # noqa: E402, I100


@pytest.fixture(scope='module')
def link_of() -> Iterator[Callable[[Shape], ShapedLink]]:
    """Return a function that brings a link up, or skips where this machine cannot have one."""
    with ExitStack() as links:
        def bring_up(shape: Shape) -> ShapedLink:
            try:
                return links.enter_context(ShapedLink(shape))
            except LinkUnavailable as unavailable:
                pytest.skip(f'no link between two network namespaces: {unavailable}')
        yield bring_up
