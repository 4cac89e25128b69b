# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""An adaptation as the LLM node runs it: in a process of its own, within its limits."""

from __future__ import annotations

import queue
import re
from typing import Any

from mpnp_ros.training.adaptation.process import AdaptationProcess, Event
from mpnp_ros.training.adaptation.request import AdaptationRequest
from mpnp_ros.world.progress import ProgressLine

_LOOK_S = 0.25


def adapted(request: AdaptationRequest) -> dict[str, Any]:
    """Return the verdict, with `peak_mib`, the most resident memory; None where that is unknown.

    Raises RuntimeError with the sentence of an adaptation that failed.
    """
    request.check()
    ended: queue.Queue[Event] = queue.Queue()
    line = ProgressLine('adaptation')

    def show(told: Event) -> None:
        if told['event'] == 'step':
            line(told['step'], told['steps'], f'loss {told["loss"]:.3f}')

    process = AdaptationProcess(request, show, ended.put)
    peak_mib: float | None = None
    while True:
        try:
            last = ended.get(timeout=_LOOK_S)
            break
        except queue.Empty:
            peak_mib = _peak_mib(process.pid) or peak_mib
    if last['event'] == 'failed':
        raise RuntimeError(f'the adaptation with {request.data} failed: {last["message"]}')
    return {**{name: value for name, value in last.items() if name != 'event'},
            'peak_mib': peak_mib}


def _peak_mib(pid: int) -> float | None:
    try:
        with open(f'/proc/{pid}/status', encoding='ascii', errors='replace') as file:
            found = re.search(r'VmHWM:\s*(\d+) kB', file.read())
    except OSError:
        return None
    return int(found[1]) / 1024 if found else None
