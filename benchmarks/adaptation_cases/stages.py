# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The folder of a run: what has been finished stays, whatever ends the run."""

from __future__ import annotations

from collections.abc import Mapping
import json
from pathlib import Path
from typing import Any

from mpnp_ros.training.error import TrainError
from mpnp_ros.training.whole_file import write_bytes

_SETUP = 'setup'


class Stages:
    """Results of stages by name, each a file of JSON in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, setup: Mapping[str, Any]) -> None:
        """Go on with a run of the same setup, or begin one.

        Raises TrainError where the folder holds another one, and says what differs.
        """
        described = json.loads(json.dumps(setup))
        there = self.of(_SETUP)
        if there is None:
            self.add(_SETUP, described)
            return
        different = sorted(key for key in {*there, *described}
                           if there.get(key) != described.get(key))
        if different:
            raise TrainError(f'{self.folder} holds another run: ' + '; '.join(
                f'{key} is {there.get(key)!r} there and {described.get(key)!r} now'
                for key in different) + '. Choose another folder')

    def setup(self) -> dict[str, Any]:
        """Return what the run was made from; raises TrainError where there is no run."""
        found = self.of(_SETUP)
        if found is None:
            raise TrainError(f'{self.folder} holds no run')
        return found

    def of(self, name: str) -> dict[str, Any] | None:
        """Return the result of a stage, None where it is not finished."""
        path = self.folder / f'{name}.json'
        if not path.is_file():
            return None
        try:
            found: dict[str, Any] = json.loads(path.read_text(encoding='utf-8'))
        except (OSError, ValueError) as error:
            raise TrainError(f'{path} cannot be read: {error}') from error
        return found

    def add(self, name: str, content: Mapping[str, Any]) -> None:
        """Keep the result of a stage."""
        self.write(f'{name}.json', json.dumps(content, indent=1) + '\n')

    def write(self, name: str, text: str) -> None:
        """Write a text file into the folder."""
        write_bytes(self.folder / name, text.encode())
