# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Who works the bags off: processes of this machine; a worker that dies costs one bag's share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
import multiprocessing
from multiprocessing.connection import Connection, wait
import multiprocessing.process
import traceback
from typing import Any

from mpnp_ros.evaluation.offline.bag_task import BagTask, run_stage

ATTEMPTS = 2       # what a dead worker left is tried again once, from its last chunk on
_POLL_S = 0.25

Look = Callable[[], None]


class Workers(ABC):
    """Run one stage of every task; the results are found in the tasks' folders."""

    @abstractmethod
    def run(self, tasks: Sequence[BagTask], stage: str, look: Look) -> dict[str, str]:
        """Return by the name of the bag why its stage failed; nothing for those that did not.

        `look` is called now and then meanwhile, for progress.
        """

    def close(self) -> None:   # noqa: B027 -- most have nothing to let go of
        """Let go of what lasts from one stage to the next."""


class HereWorker(Workers):
    """Work in this process, one bag after the other."""

    def run(self, tasks: Sequence[BagTask], stage: str, look: Look) -> dict[str, str]:
        """Run the tasks in order."""
        failed = {}
        for task in tasks:
            try:
                run_stage(task, stage, look=look)
            except (ValueError, OSError, RuntimeError, ImportError) as error:
                failed[task.name] = describe(error)
            look()
        return failed


class LocalWorkers(Workers):
    """Work in processes of this machine, each with models of its own."""

    def __init__(self, count: int) -> None:
        self._count = count
        # Forked processes would share this one's threads' locks.
        self._context = multiprocessing.get_context('spawn')
        self._idle: list[_Worker] = []   # their models serve the next stage too

    def run(self, tasks: Sequence[BagTask], stage: str, look: Look) -> dict[str, str]:
        """Run the tasks, one at a time in each process."""
        waiting = deque((task, 1) for task in tasks)
        failed: dict[str, str] = {}
        busy: dict[Connection, tuple[_Worker, BagTask, int]] = {}
        try:
            while waiting or busy:
                while waiting and len(busy) < self._count:
                    worker = self._ready()
                    task, attempt = waiting.popleft()
                    worker.pipe.send((task, stage))
                    busy[worker.pipe] = worker, task, attempt
                for pipe in wait(list(busy), timeout=_POLL_S):
                    assert isinstance(pipe, Connection)
                    worker, task, attempt = busy.pop(pipe)
                    try:
                        problem = pipe.recv()
                    except (EOFError, OSError):
                        worker.close()
                        if attempt < ATTEMPTS:
                            waiting.appendleft((task, attempt + 1))
                        else:
                            failed[task.name] = (
                                f'its worker died {ATTEMPTS} times '
                                f'(exit code {worker.process.exitcode})')
                        continue
                    if problem:
                        failed[task.name] = problem
                    self._idle.append(worker)
                look()
        finally:
            for worker, _, _ in busy.values():
                worker.close()
        return failed

    def _ready(self) -> _Worker:
        """Return a process that waits for work, a new one where none of them lives."""
        while self._idle:
            worker = self._idle.pop()
            if worker.process.is_alive():
                return worker
            worker.close()
        return _Worker(self._context)

    def close(self) -> None:
        """Stop the processes."""
        for worker in self._idle:
            worker.close()
        self._idle.clear()


class _Worker:
    """One process and the pipe to it."""

    def __init__(self, context: Any) -> None:
        self.pipe, theirs = context.Pipe()
        self.process: multiprocessing.process.BaseProcess = context.Process(
            target=_work, args=(theirs,), name='evaluation worker', daemon=True)
        self.process.start()
        theirs.close()   # so that the pipe ends with the process

    def close(self) -> None:
        """Stop the process, whatever it does; what it left unfinished is a chunk at most."""
        self.pipe.close()
        self.process.terminate()
        self.process.join()


def _work(pipe: Connection) -> None:
    while True:
        try:
            task, stage = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            return
        problem = ''
        try:
            run_stage(task, stage)
        except KeyboardInterrupt:
            return
        except Exception as error:
            problem = describe(error)
        pipe.send(problem)


def describe(error: BaseException) -> str:
    """Return an error in one line; of one that is not about the input, where it was raised too."""
    text = str(error) or type(error).__name__
    if isinstance(error, (ValueError, OSError, ImportError)):
        return text
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f' ({last[0].filename}:{last[0].lineno})' if last else ''
    return f'{type(error).__name__}: {text}{where}'
