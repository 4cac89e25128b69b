# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A cache, a catalogue and package archives made on the spot, for the tests of the weights."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
import tarfile
from typing import Any
import zipfile

import numpy as np
import pytest
from safetensors.numpy import save
import yaml

from mpnp_ros.core.weights import Weights


def tensors(value: float = 1.0) -> bytes:
    """Return a safetensors file that holds one small tensor."""
    return save({'weight': np.full((2, 3), value, dtype=np.float32)})


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Stage:
    """The user's environment, moved into a folder: cache, own catalogue, no package index."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.catalogue = folder / 'catalogue.yaml'
        self.cache = folder / 'cache' / 'weights'
        self.monkeypatch = monkeypatch
        self._entries: dict[str, Any] = {}
        self.catalogue.write_text('{}')
        for name, value in (
                ('MPNP_CACHE', folder / 'cache'), ('MPNP_WEIGHTS_CATALOGUE', self.catalogue),
                ('PIP_CONFIG_FILE', '/dev/null'), ('PIP_NO_INDEX', '1'),
                ('PIP_FIND_LINKS', folder)):
            monkeypatch.setenv(name, str(value))

    @property
    def weights(self) -> Weights:
        """Return the weights as the module finds them in this environment."""
        return Weights.of_user()

    def enter(self, name: str, source: dict[str, Any], **fields: Any) -> None:
        """Put an entry into the user's catalogue."""
        self._entries[name] = {'source': source, **fields}
        self.catalogue.write_text(yaml.safe_dump(self._entries))

    def enter_file(
        self, name: str, content: bytes, pin: str | None = None, **fields: Any
    ) -> Path:
        """Enter a file of this machine, pinned to its own hash or another; return its path."""
        path = self.folder / name / 'model.safetensors'
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        member = {'path': path.name, 'sha256': pin or sha256(content)}
        self.enter(name, {'kind': 'file', 'path': str(path), 'members': [member]}, **fields)
        return path

    def wheel(self, name: str, members: dict[str, bytes]) -> Path:
        """Write a wheel, version 1.0, where pip looks for it."""
        path = self.folder / f'{name}-1.0-py3-none-any.whl'
        info = f'{name}-1.0.dist-info'
        with zipfile.ZipFile(path, 'w') as archive:
            for member, content in members.items():
                archive.writestr(member, content)
            archive.writestr(
                f'{info}/METADATA', f'Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n')
            archive.writestr(
                f'{info}/WHEEL', 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\n'
                'Tag: py3-none-any\n')
            archive.writestr(f'{info}/RECORD', '')
        return path


def tarball(members: dict[str, bytes]) -> bytes:
    """Return a tarball as npm packs it."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode='w:gz') as archive:
        for member, content in members.items():
            entry = tarfile.TarInfo(member)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()
