# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Work bags off on a Ray cluster whose machines see the same files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mpnp_ros.evaluation.offline.bag_task import BagTask, run_stage
from mpnp_ros.evaluation.offline.workers import ATTEMPTS, describe, Look, Workers

_POLL_S = 0.5


class RayMissing(ImportError):
    """Ray is not installed; the text says how to get it."""


class RayWorkers(Workers):
    """Give each bag to a worker of a Ray cluster.

    `address` is what `ray.init` takes: 'auto' for the cluster of this machine, 'local' for a new
    one, 'ray://host:10001' or 'host:6379'. Bags, questions, weights and the run's folder must lie
    at the same paths on all machines. Raises RayMissing, and ConnectionError where there is no
    cluster.
    """

    def __init__(self, address: str) -> None:
        try:
            import ray
        except ImportError as error:
            raise RayMissing("--ray needs the package ray: pip install 'mpnp_ros[ray]'") from error
        self._ray: Any = ray
        if not ray.is_initialized():
            ray.init(address=address, log_to_driver=False, include_dashboard=False)

    def run(self, tasks: Sequence[BagTask], stage: str, look: Look) -> dict[str, str]:
        """Run the tasks, as many at a time as the cluster has processors."""
        ray = self._ray
        # A worker that dies is replaced, and its bag goes on from the last chunk.
        remote = ray.remote(num_cpus=1, max_retries=ATTEMPTS - 1)(run_stage)
        running = {remote.remote(task, stage): task for task in tasks}
        failed = {}
        while running:
            ready, _ = ray.wait(list(running), timeout=_POLL_S)
            for reference in ready:
                task = running.pop(reference)
                try:
                    ray.get(reference)
                except ray.exceptions.RayTaskError as error:
                    failed[task.name] = describe(error.cause or error)
                except ray.exceptions.RayError as error:
                    failed[task.name] = f'its worker died {ATTEMPTS} times: {_first(error)}'
            look()
        return failed


def _first(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
