# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What has been done, from which input: the reason why the second set-up is quick."""

from __future__ import annotations

from collections.abc import Iterable
import hashlib
import json
import os
from pathlib import Path


def fingerprint(files: Iterable[Path], *words: str) -> str:
    """Return one hash over the words and over the files' names and contents."""
    digest = hashlib.sha256()
    for word in words:
        digest.update(word.encode() + b'\0')
    for file in files:
        digest.update(file.name.encode() + b'\0' + file.read_bytes() + b'\0')
    return digest.hexdigest()


class Stamps:
    """The fingerprints of the finished steps, kept in one file that is replaced whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._values: dict[str, str] = json.loads(path.read_text(encoding='utf-8'))
        except (OSError, ValueError):
            self._values = {}

    def get(self, name: str) -> str | None:
        """Return the fingerprint with which a step was finished, None if it was not."""
        return self._values.get(name)

    def set(self, name: str, value: str) -> None:
        """Record that a step was finished."""
        self._values[name] = value
        self._write()

    def drop(self, *names: str) -> None:
        """Forget steps; with no names, all of them."""
        for name in names or tuple(self._values):
            self._values.pop(name, None)
        self._write()

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self._path.with_suffix('.new')
        scratch.write_text(json.dumps(self._values, indent=1, sort_keys=True), encoding='utf-8')
        os.replace(scratch, self._path)
