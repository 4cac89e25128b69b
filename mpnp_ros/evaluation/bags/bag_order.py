# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of several sources in the order of their stamps."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
import heapq

from mpnp_ros.evaluation.bags.bag_storage import Raw

Source = tuple[int, Callable[[], Iterator[Raw]]]
"""The first stamp of a source, or an earlier one, and what opens it."""


def in_order(sources: Iterable[Source]) -> Iterator[Raw]:
    """Merge sources that are in order by themselves; equal stamps keep the order of the sources.

    A source is opened when its turn comes, so only those that overlap are open at a time.
    """
    waiting = deque(sorted(enumerate(sources), key=lambda numbered: numbered[1][0]))
    open_: list[tuple[int, int, Raw, Iterator[Raw]]] = []
    while waiting or open_:
        while waiting and (not open_ or waiting[0][1][0] <= open_[0][0]):
            number, (_, start) = waiting.popleft()
            messages = start()
            first = next(messages, None)
            if first is not None:
                heapq.heappush(open_, (first[1], number, first, messages))
        if not open_:
            continue
        _, number, message, messages = open_[0]
        yield message
        following = next(messages, None)
        if following is None:
            heapq.heappop(open_)
        else:
            heapq.heapreplace(open_, (following[1], number, following, messages))
