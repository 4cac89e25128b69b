# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The process that learns, as the LLM node sees it: started, heard, stopped."""

from __future__ import annotations

from collections.abc import Callable
import json
import os
from pathlib import Path
import signal
import subprocess
import sys
import tempfile
import threading
from typing import Any

from mpnp_ros.training.adaptation.request import AdaptationCode, AdaptationRequest

MODULE = 'mpnp_ros.training.adaptation.child'
_TAIL_BYTES = 2000   # of what it wrote to standard error, for the message after a crash

Event = dict[str, Any]


class AdaptationProcess:
    """Run an adaptation in a process of its own, which ends with this one.

    `on_progress` gets what it tells meanwhile and `on_end` its last word, once, both on a thread
    of this object: a dictionary with 'event' 'finished', or 'failed' with 'code' and 'message'.
    """

    def __init__(self, request: AdaptationRequest, on_progress: Callable[[Event], None],
                 on_end: Callable[[Event], None]) -> None:
        self._on_progress, self._on_end = on_progress, on_end
        self._stopped: tuple[AdaptationCode, str] | None = None
        self._errors = tempfile.TemporaryFile()
        threads = str(request.threads)
        # A session of its own: an interrupt at the terminal is the node's affair. Its standard
        # input closes when this process ends, however that comes about, and then it ends too.
        self._process = subprocess.Popen(
            [sys.executable, '-c', f'from {MODULE} import main; main()'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, cwd='/',
            start_new_session=True, env={
                **os.environ, 'OMP_NUM_THREADS': threads, 'TOKENIZERS_PARALLELISM': 'false',
                'PYTHONPATH': os.pathsep.join(
                    str(Path(path).resolve()) for path in sys.path if path)})
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(f'{request.to_json()}\n'.encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            pass                     # it ended at once; the reader finds out why
        self._reader = threading.Thread(target=self._read, name='adaptation', daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Return the number of the process."""
        return self._process.pid

    def stop(self, code: AdaptationCode, why: str) -> None:
        """End it at once; `on_end` gets the code and the sentence. Nothing happens after its end.

        It only writes what appears as a whole at the end, so there is nothing to wait for.
        """
        if self._stopped is None:
            self._stopped = code, why
        self._process.kill()

    def join(self, timeout_s: float) -> None:
        """Wait until `on_end` has returned."""
        if threading.current_thread() is not self._reader:
            self._reader.join(timeout_s)

    def _read(self) -> None:
        last: Event | None = None
        assert self._process.stdout is not None and self._process.stdin is not None
        for line in self._process.stdout:
            try:
                told = json.loads(line)
            except ValueError:       # cut off by a kill
                continue
            if told['event'] in ('finished', 'failed'):
                last = last or told
            elif self._stopped is None:
                self._on_progress(told)
        status = self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()
        if last is None:
            last = self._ended(status)
        self._errors.close()
        self._on_end(last)

    def _ended(self, status: int) -> Event:
        if self._stopped is not None:
            code, text = self._stopped
        elif status < 0:
            code, text = AdaptationCode.PROCESS, (
                f'the process that learns was killed ({signal.Signals(-status).name}), as it '
                'also is when memory runs out; the connectors are the old ones')
        else:
            self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(self._errors.tell() - _TAIL_BYTES, 0))
            told = self._errors.read().decode(errors='replace').strip()
            code, text = AdaptationCode.PROCESS, (
                f'the process that learns ended with status {status}: {told}')
        return {'event': 'failed', 'code': int(code), 'message': text}
