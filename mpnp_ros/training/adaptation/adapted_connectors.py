# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The folder of adapted connectors: whole sets, and a link to the one in use.

`sets/0001`, `sets/0002`, ... appear as a whole and are never changed; the link `current` is
replaced in one step. Whoever is killed in between leaves the old or the new set in use.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
import hashlib
import json
import os
from pathlib import Path
import shutil

from mpnp_ros.core.connector_file import SUFFIX
from mpnp_ros.training.adaptation.request import AdaptationCode, AdaptationError

ABOUT = 'adaptation.json'
_CURRENT, _SETS, _PART = 'current', 'sets', '.part'


def state_root() -> Path:
    """Return the folder of mpnp_ros in the user's state; it need not exist."""
    if root := os.environ.get('XDG_STATE_HOME'):
        return Path(root).expanduser() / 'mpnp_ros'
    return Path.home() / '.local' / 'state' / 'mpnp_ros'


class AdaptedConnectors:
    """What was learned on top of one LLM and one folder of connectors.

    Another LLM or other connectors have a folder of their own below `root`, so that nothing is
    taken up on top of what it was not learned on. `base` is None where there are no connectors.
    """

    def __init__(self, root: Path, base: Path | None, llm_weights_hash: str) -> None:
        self.base = base
        self.folder = root.expanduser().resolve() / _fingerprint(base, llm_weights_hash)
        self.tokens = self.folder / 'tokens'
        self._current = self.folder / _CURRENT

    def current(self) -> Path | None:
        """Return the folder of the adapted connectors in use, None where there are none."""
        return self._current.resolve() if self._current.is_symlink() else None

    def before(self, adapted: Path) -> Path | None:
        """Return the folder of the connectors that were in use before adapted ones.

        None where there were no connectors. Raises AdaptationError where that is not known.
        """
        try:
            about = json.loads((adapted / ABOUT).read_text(encoding='utf-8'))
            name = Path(about['before']).name
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise AdaptationError(
                AdaptationCode.CONNECTORS, f'{adapted / ABOUT} cannot be read ({error}): it is '
                'not known which connectors were in use before') from error
        return self.folder / _SETS / name if name else self.base

    def use(self, adapted: Path | None) -> None:
        """Name the connectors that a later start takes up; None: those of the configuration.

        In one step: whatever happens, the link names these or the ones before.
        """
        if adapted is None or adapted == self.base:
            self._current.unlink(missing_ok=True)
        else:
            beside = self._current.with_name(f'{_CURRENT}{_PART}')
            beside.unlink(missing_ok=True)
            beside.symlink_to(Path(_SETS) / adapted.name)
            os.replace(beside, self._current)
        sync(self.folder)

    def next_set(self) -> Path:
        """Return the folder of the next set, which does not exist yet."""
        numbers = [int(path.name) for path in (self.folder / _SETS).glob('*')
                   if path.name.isdigit()]
        return self.folder / _SETS / f'{max(numbers, default=0) + 1:04d}'

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep others, also other processes, from adapting the same connectors.

        What a killed adaptation left half-done is removed. Raises AdaptationError where somebody
        else is at it, or the folder cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.folder / 'lock', os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise AdaptationError(
                AdaptationCode.DISK, f'{self.folder} cannot be written: {error.strerror} '
                '(parameter adapted_connectors)') from error
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise AdaptationError(
                    AdaptationCode.BUSY, 'another adaptation of these connectors is going on: '
                    'wait for it or cancel it') from error
            for leftover in (*self.folder.glob(f'{_SETS}/*{_PART}'),
                             *self.tokens.glob(f'*{_PART}*')):
                shutil.rmtree(leftover, ignore_errors=True)
            yield
        finally:
            os.close(handle)


def unfinished(adapted: Path) -> Path:
    """Return where a set is written before it appears as a whole."""
    return adapted.with_name(adapted.name + _PART)


def sync(folder: Path) -> None:
    """Have the names in a folder written to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _fingerprint(base: Path | None, llm_weights_hash: str) -> str:
    digest = hashlib.sha256(llm_weights_hash.encode())
    for path in sorted(base.glob(f'*{SUFFIX}')) if base is not None else []:
        digest.update(path.name.encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]
