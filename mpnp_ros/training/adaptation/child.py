# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The process that learns: a request on standard input, what happens as JSON lines on output."""

from __future__ import annotations

import errno
import json
import os
import sys
import threading
import time
import traceback
from typing import Any

from mpnp_ros.training.adaptation.limits import resident_bytes
from mpnp_ros.training.adaptation.request import (
    AdaptationCode,
    AdaptationError,
    AdaptationRequest,
)

_NICE = 10
_LOOK_S = 0.1
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES)


class Teller:
    """Write events to what was standard output; what others print there goes to errors."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), 'w', encoding='utf-8')
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def __call__(self, event: str, **values: Any) -> None:
        """Tell an event."""
        with self._lock:
            self._out.write(json.dumps({'event': event, **values}) + '\n')
            self._out.flush()


def main() -> None:
    """Do what the request on standard input says, at low priority."""
    began_s = time.monotonic()
    os.nice(_NICE)
    _offer_to_the_kernel()
    tell = Teller()
    request = AdaptationRequest.from_json(sys.stdin.readline())
    threading.Thread(target=_follow_parent, daemon=True).start()
    threading.Thread(
        target=_keep_limits, args=(request, began_s, tell), daemon=True).start()
    try:
        # Heavy, and within the limits.
        import torch

        from mpnp_ros.training.adaptation.learning import adapt
        torch.set_num_threads(request.threads)
        result = adapt(request, tell, began_s)
    except Exception as error:   # whatever it is, the node is told in a sentence
        traceback.print_exc()
        tell('failed', code=int(code_of(error)), message=_sentence(error))
        sys.exit(1)
    tell('finished', **result)


def code_of(error: BaseException) -> AdaptationCode:
    """Return the code of whatever ended an adaptation."""
    from mpnp_ros.core.connector_file import ConnectorMismatch
    from mpnp_ros.core.training_config import TrainingDiverged
    from mpnp_ros.core.weights import WeightsError
    if isinstance(error, AdaptationError):
        return error.code
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in _DISK:
            return AdaptationCode.DISK
        cause = cause.__cause__
    if isinstance(error, (ConnectorMismatch, WeightsError)):
        return AdaptationCode.CONNECTORS
    if isinstance(error, MemoryError):
        return AdaptationCode.LIMIT
    if isinstance(error, (ValueError, OSError)) and not isinstance(error, TrainingDiverged):
        return AdaptationCode.DATA
    return AdaptationCode.INTERNAL


def _sentence(error: BaseException) -> str:
    known = (AdaptationError, ValueError, OSError)
    return str(error) if isinstance(error, known) else f'{type(error).__name__}: {error}'


def _follow_parent() -> None:
    """End when the node does: then standard input closes."""
    while os.read(0, 4096):
        pass
    os._exit(1)


def _keep_limits(request: AdaptationRequest, began_s: float, tell: Teller) -> None:
    """End when time or memory has run out; what is learned step by step ends sooner by itself."""
    while True:
        time.sleep(_LOOK_S)
        if request.max_seconds and time.monotonic() - began_s > request.max_seconds:
            text = (f'max_seconds ({request.max_seconds:g}) ran out before the new connectors '
                    'were judged')
        elif request.max_bytes and resident_bytes() > request.max_bytes:
            text = (f'max_bytes: {resident_bytes() / 2 ** 20:.0f} MiB are in use, '
                    f'{request.max_bytes / 2 ** 20:.0f} MiB are allowed')
        else:
            continue
        tell('failed', code=int(AdaptationCode.LIMIT), message=text)
        os._exit(1)


def _offer_to_the_kernel() -> None:
    """When memory runs out, this process is to go and not the node that answers."""
    try:
        with open('/proc/self/oom_score_adj', 'w', encoding='ascii') as file:
            file.write('800')
    except OSError:
        pass     # another system, or one that does not allow it


if __name__ == '__main__':
    main()
