# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Work on many items in several processes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import as_completed, ProcessPoolExecutor
import functools
import multiprocessing
from pathlib import Path
from typing import TypeVar

Item = TypeVar('Item')
# Called with the number of items done so far and their total.
Progress = Callable[[int, int], None]


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


def in_parts(
    directory: Path, seeds: Sequence[int], each: int,
    record: Callable[[Path, Sequence[int]], None], processes: int = 1,
    progress: Progress | None = None,
) -> list[Path]:
    """Record seeds in parts of `each`, a directory for each part, and return the directories.

    `record` makes the directory, all or nothing; one that is there already is kept. It must be
    importable by name, or a `functools.partial` of such a function.
    """
    parts = {
        directory / f'scenes_{chunk[0]}_{len(chunk)}': chunk
        for chunk in (seeds[start:start + each] for start in range(0, len(seeds), each))}
    missing = [part for part in parts if not part.is_dir()]
    done = len(seeds) - sum(len(parts[part]) for part in missing)

    def count(part: Path) -> None:
        nonlocal done
        done += len(parts[part])
        if progress is not None:
            progress(done, len(seeds))

    in_parallel(functools.partial(_record_one, record, parts), missing, processes, count)
    return list(parts)


def _record_one(
    record: Callable[[Path, Sequence[int]], None], parts: Mapping[Path, Sequence[int]], part: Path
) -> None:
    record(part, parts[part])
