# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Work on many items in several processes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import as_completed, ProcessPoolExecutor
import multiprocessing
from typing import TypeVar

Item = TypeVar('Item')


def in_parallel(
    work: Callable[[Item], None], items: Sequence[Item], processes: int,
    on_done: Callable[[Item], None],
) -> None:
    """Call `work` on each item, in any order, and `on_done` here after each.

    With one process that is this one. The first error ends it: items not begun by then are left
    out. `work` must be importable by name, or a `functools.partial` of such a function.
    """
    if processes == 1:
        for item in items:
            work(item)
            on_done(item)
        return
    if not items:
        return
    # Forked processes would share this one's OpenGL context and its threads' locks.
    context = multiprocessing.get_context('spawn')
    with ProcessPoolExecutor(min(processes, len(items)), context) as pool:
        waiting = {pool.submit(work, item): item for item in items}
        try:
            for finished in as_completed(waiting):
                finished.result()
                on_done(waiting[finished])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
