# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The JSON tables of nuScenes: https://www.nuscenes.org/nuscenes#data-format.

Of the tables that grow with the length of the drives only the records of the wanted scenes are
kept: those of v1.0-trainval do not fit into the memory of most machines.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
import json
from pathlib import Path
from typing import Any

import numpy as np

from mpnp_ros.core.transforms import matrix_from
from mpnp_ros.importing.error import DatasetError, read_text

TokenTable = dict[str, 'TableRecord']


class TableRecord:
    """One record of a table, which tells what it lacks."""

    def __init__(self, table: Path, fields: dict[str, Any]) -> None:
        self._table = table
        self._fields = fields

    @property
    def place(self) -> str:
        """Return where it is, for errors."""
        return f'{self._table}, record {self._fields.get("token", "without token")}'

    @property
    def token(self) -> str:
        """Return the token."""
        return self.text('token')

    def text(self, name: str) -> str:
        """Return a text field; raises DatasetError where there is none."""
        return str(self._field(name, str))

    def number(self, name: str) -> int:
        """Return a whole number; raises DatasetError where there is none."""
        return int(self._field(name, int))

    def flag(self, name: str) -> bool:
        """Return a true or false; raises DatasetError where there is none."""
        return bool(self._field(name, bool))

    def texts(self, name: str) -> list[str]:
        """Return a list of texts; raises DatasetError where there is none."""
        return [str(one) for one in self._field(name, list)]

    def stamp_ns(self) -> int:
        """Return the timestamp, nanoseconds; the tables count microseconds."""
        return self.number('timestamp') * 1000

    def pose(self) -> np.ndarray:
        """Return translation and rotation as a [4, 4] matrix."""
        w, x, y, z = self.numbers('rotation', 4)
        try:
            return matrix_from(self.numbers('translation', 3), np.array([x, y, z, w]))
        except ValueError as error:
            raise DatasetError(self.place, f'rotation: {error}') from error

    def numbers(self, name: str, *shape: int) -> np.ndarray:
        """Return an array of finite numbers of a shape; raises DatasetError for another."""
        try:
            array = np.asarray(self._field(name, list), dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise DatasetError(self.place, f'{name}: not numbers') from error
        if array.shape != shape or not np.isfinite(array).all():
            raise DatasetError(
                self.place, f'{name}: expected {" x ".join(map(str, shape))} finite numbers, got '
                f'shape {list(array.shape)}')
        return array

    def _field(self, name: str, kind: type) -> Any:
        value = self._fields.get(name)
        if not isinstance(value, kind):
            raise DatasetError(
                self.place, f'{name!r} is missing' if name not in self._fields
                else f'{name!r} is {value!r}, expected {kind.__name__}')
        return value


class NuscenesTables:
    """The tables of a version: those of the sensors at once, those of scenes when they are due."""

    def __init__(self, root: Path, version: str) -> None:
        self.folder = root / version
        if not self.folder.is_dir():
            found = sorted(path.parent.name for path in root.glob('*/scene.json'))
            raise DatasetError(
                self.folder, 'no such folder of tables; '
                f'there is {", ".join(found) if found else "none"} in {root}')
        self.sensors = self.read('sensor')
        self.calibrated_sensors = self.read('calibrated_sensor')
        self.scenes = self.read('scene')

    def read(self, name: str, wanted: Callable[[dict[str, Any]], bool] | None = None
             ) -> TokenTable:
        """Return the records of a table by token, only those that are wanted.

        Raises DatasetError where the file is missing, no complete JSON or no table.
        """
        path = self.folder / f'{name}.json'

        def keep(fields: dict[str, Any]) -> dict[str, Any] | None:
            return fields if wanted is None or wanted(fields) else None

        try:
            records = json.loads(read_text(path), object_hook=keep)
        except ValueError as error:
            if isinstance(error, DatasetError):
                raise
            raise DatasetError(path, f'not complete JSON: {error}') from error
        if not isinstance(records, list):
            raise DatasetError(path, 'not a list of records')
        kept = [TableRecord(path, one) for one in records if isinstance(one, dict)]
        return {one.token: one for one in kept}

    def has(self, name: str) -> bool:
        """Tell whether there is a table."""
        return (self.folder / f'{name}.json').is_file()

    def look_up(self, table: TokenTable, token: str, by: TableRecord) -> TableRecord:
        """Return a record that another one names; raises DatasetError where it is missing."""
        if token not in table:
            raise DatasetError(by.place, f'names a record that is missing: {token!r}')
        return table[token]


class SceneTables:
    """The records that belong to some scenes.

    :ivar sample: each keyframe by its token.
    :ivar samples: keyframes, and `data`, what sensors gave, by the token of their scene.
    :ivar poses: of the vehicle; `annotations`: boxes, each by its own token.
    """

    def __init__(self, tables: NuscenesTables, scenes: Collection[str]) -> None:
        self.sample = tables.read('sample', lambda one: one.get('scene_token') in scenes)
        data = tables.read('sample_data', lambda one: one.get('sample_token') in self.sample)
        self.samples = _by_scene(self.sample.values(), lambda one: one)
        self.data = _by_scene(data.values(), lambda one: self.sample[one.text('sample_token')])
        wanted = {one.text('ego_pose_token') for one in data.values()}
        self.poses = tables.read('ego_pose', lambda one: one.get('token') in wanted)
        # The test split comes without.
        self.annotations: TokenTable = tables.read(
            'sample_annotation', lambda one: one.get('sample_token') in self.sample
        ) if tables.has('sample_annotation') else {}
        self.instances, self.categories, self.attributes = (
            tables.read(name) if self.annotations else {}
            for name in ('instance', 'category', 'attribute'))


def _by_scene(records: Iterable[TableRecord], sample_of: Callable[[TableRecord], TableRecord]
              ) -> dict[str, list[TableRecord]]:
    found: dict[str, list[TableRecord]] = {}
    for one in records:
        found.setdefault(sample_of(one).text('scene_token'), []).append(one)
    return found
