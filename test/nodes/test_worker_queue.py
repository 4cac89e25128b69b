# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One thread takes the newest item, counts what it drops, and outlives errors."""

import threading

from mpnp_ros.nodes.worker import Worker


class Gate:
    """Work that waits until the test opens it, and remembers what it did."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Event()
        self.done: list[int] = []
        self.errors: list[tuple[int, Exception]] = []
        self.finished = threading.Semaphore(0)

    def work(self, item: int) -> None:
        self.entered.set()
        assert self.open.wait(10)
        try:
            if item < 0:
                raise RuntimeError('negative')
            self.done.append(item)
        finally:
            self.finished.release()

    def worker(self) -> Worker[int]:
        return Worker(self.work, name='test',
                      on_error=lambda item, error: self.errors.append((item, error)))

    def wait_for(self, items: int) -> None:
        self.open.set()
        for _ in range(items):
            assert self.finished.acquire(timeout=10)


def test_newest_wins_and_drops_are_counted() -> None:
    gate = Gate()
    worker = gate.worker()
    worker.submit(0)
    assert gate.entered.wait(10)
    for item in (1, 2, 3):
        worker.submit(item)
    gate.wait_for(2)
    worker.close()
    assert gate.done == [0, 3]
    assert worker.dropped == 2


def test_error_goes_to_its_handler_and_the_thread_goes_on() -> None:
    gate = Gate()
    worker = gate.worker()
    worker.submit(-1)
    assert gate.entered.wait(10)
    worker.submit(5)
    gate.wait_for(2)
    worker.close()
    assert gate.done == [5]
    assert [item for item, _ in gate.errors] == [-1]


def test_close_waits_for_the_item_in_work_and_drops_what_waits() -> None:
    gate = Gate()
    worker = gate.worker()
    worker.submit(0)
    assert gate.entered.wait(10)
    worker.submit(1)
    threading.Timer(0.1, gate.open.set).start()
    worker.close()
    worker.submit(2)
    assert gate.done == [0]
