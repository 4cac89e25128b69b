# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One line per step on the terminal, everything else in a log file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
import os
from pathlib import Path
import queue
import signal
import subprocess
import sys
import threading
import time
from typing import TypeAlias

HEARTBEAT_S = 15.0   # between two lines of progress where the output is no terminal


Lines: TypeAlias = 'queue.SimpleQueue[str | None]'


class SetupError(Exception):
    """What went wrong and what to do about it, in one line."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class CommandFailed(Exception):
    """A command of a step failed; `log` holds its output."""

    def __init__(self, command: str, code: int, log: Path) -> None:
        super().__init__(f'{command} failed with exit code {code}')
        self.log = log


class Report:
    """Prints `[step/steps] what it does ... seconds` and what moves in between."""

    def __init__(self, folder: Path, steps: int) -> None:
        self._folder = folder
        self._steps = steps
        self._step = 0
        self._title = ''
        self._started = 0.0
        self._shown = 0.0
        self._live = sys.stdout.isatty()

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step, and at its end how long it took."""
        self._step += 1
        self._title = f'[{self._step}/{self._steps}] {title}'
        self._started = self._shown = time.monotonic()
        print(f'{self._title} ...', end='' if self._live else '\n', flush=True)
        yield
        seconds = time.monotonic() - self._started
        start = '\r\033[K' if self._live else ''
        print(f'{start}{self._title}: {seconds:.1f} s', flush=True)

    def progress(self, text: str) -> None:
        """Show that something moves: at once on a terminal, now and then elsewhere."""
        now = time.monotonic()
        elapsed = f'{now - self._started:.0f} s'
        if self._live:
            print(f'\r\033[K{self._title} ... {elapsed} {text}'[:110], end='', flush=True)
        elif now - self._shown >= HEARTBEAT_S:
            self._shown = now
            print(f'      {elapsed} {text}'.rstrip(), flush=True)

    def run(
        self, log: str, command: Sequence[str | Path], *, env: dict[str, str],
        cwd: Path | None = None, describe: Callable[[str], str | None] = lambda line: None,
    ) -> None:
        """Run a command with its output in the log file.

        `describe` turns a line of output into what to show of it, or None to show nothing new.
        """
        path = self._folder / f'{log}.log'
        path.parent.mkdir(parents=True, exist_ok=True)
        words = [str(word) for word in command]
        with path.open('a', encoding='utf-8', errors='replace') as file:
            file.write(f'$ {" ".join(words)}\n')
            file.flush()
            # A session of its own: what the command starts is stopped with it, compilers too.
            process = subprocess.Popen(
                words, env=env, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, errors='replace', start_new_session=True)
            lines = lines_of(process)
            try:
                code = self._follow(process, lines, file.write, describe)
            except BaseException:
                os.killpg(process.pid, signal.SIGTERM)
                while lines.get() is not None:
                    pass   # the last of them closes the pipe
                process.wait()
                raise
        if code != 0:
            raise CommandFailed(words[0], code, path)

    def _follow(
        self, process: subprocess.Popen[str], lines: Lines, write: Callable[[str], object],
        describe: Callable[[str], str | None],
    ) -> int:
        shown = ''
        while True:
            try:
                line = lines.get(timeout=1.0)
            except queue.Empty:
                self.progress(shown)
                continue
            if line is None:
                return process.wait()
            write(line)
            text = describe(line)
            if text is not None:
                shown = text
            self.progress(shown)


def lines_of(process: subprocess.Popen[str]) -> Lines:
    """Return a queue of the lines that a command writes, None after the last of them."""
    lines: Lines = queue.SimpleQueue()

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    return lines
