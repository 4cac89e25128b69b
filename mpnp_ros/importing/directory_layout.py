# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The file `dataset.yaml` that describes a folder of own data; docs/importing.md explains it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
import math
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from mpnp_ros.core.transforms import matrix_from
from mpnp_ros.evaluation.nuscenes_qa.scene import DIRECTIONS
from mpnp_ros.importing.error import DatasetError, read_text

DATASET = 'dataset.yaml'
SENSOR_TYPES = ('camera', 'lidar', 'radar')
UNITS_NS = {'ns': 1, 'us': 1000, 'ms': 1_000_000, 's': 1_000_000_000}
_IN_NAME = 'name'
_RIGID_TOLERANCE = 1e-3


@dataclass(frozen=True)
class SensorLayout:
    """One sensor: its files, their stamps, its mount, and what its kind needs.

    :ivar stamps: the file with a line `file name,stamp` for each file, None: the stamps are in
        the names.
    :ivar unit_ns: of the stamps.
    :ivar intrinsics: [3, 3] pixels, of cameras.
    :ivar columns: of points in .bin and .npy files.
    """

    name: str
    type: str
    topic: str
    frame: str
    files: str
    stamps: Path | None
    unit_ns: int
    base_from_sensor: np.ndarray
    intrinsics: np.ndarray
    distortion_model: str
    distortion: tuple[float, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True)
class DirectoryLayout:
    """What dataset.yaml says; the files besides the sensors' are None where there are none."""

    folder: Path
    name: str
    condition: str
    sensors: tuple[SensorLayout, ...]
    poses: Path | None
    boxes: Path | None
    questions: Path | None
    annotated: tuple[str, ...]


def read_layout(folder: Path) -> DirectoryLayout:
    """Read dataset.yaml; raises DatasetError naming the entry."""
    path = folder / DATASET
    try:
        given = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise DatasetError(path, f'not YAML: {error}') from error
    entries = _Entries(str(path), given, (
        'name', 'condition', 'sensors', 'poses', 'boxes', 'questions', 'annotated'))
    name = entries.text('name', folder.resolve().name)
    if Path(name).name != name or name.startswith('.'):
        raise DatasetError(path, f'name {name!r}: expected the name of a folder')
    annotated = entries.texts('annotated', DIRECTIONS)
    for direction in annotated:
        if direction not in DIRECTIONS:
            raise DatasetError(path, f'annotated: {direction!r}: expected some of '
                               f'{", ".join(DIRECTIONS)}')
    sensors = entries.mapping('sensors')
    if not sensors:
        raise DatasetError(path, 'sensors: there is none')
    return DirectoryLayout(
        folder=folder, name=name, condition=entries.text('condition', ''),
        sensors=tuple(_sensor(path, folder, str(one), fields) for one, fields in sensors.items()),
        poses=entries.file('poses', folder), boxes=entries.file('boxes', folder),
        questions=entries.file('questions', folder), annotated=annotated)


def stamp_ns(text: str, unit_ns: int, place: str | Path) -> int:
    """Return a stamp of a unit in nanoseconds, exactly; raises DatasetError."""
    try:
        stamp = Decimal(text.strip()) * unit_ns
        if not 0 < stamp < 2 ** 63:
            raise InvalidOperation
    except InvalidOperation as error:
        raise DatasetError(place, f'{text.strip()[:40]!r}: not a stamp') from error
    return round(stamp)


def _sensor(path: Path, folder: Path, name: str, fields: Any) -> SensorLayout:
    place = f'{path}, sensor {name}'
    entries = _Entries(place, fields, (
        'type', 'topic', 'frame', 'files', 'stamps', 'unit', 'transform', 'intrinsics',
        'distortion', 'columns'))
    kind = entries.text('type')
    if kind not in SENSOR_TYPES:
        raise DatasetError(place, f'type {kind!r}: expected one of {", ".join(SENSOR_TYPES)}')
    unit = entries.text('unit', 'ns')
    if unit not in UNITS_NS:
        raise DatasetError(place, f'unit {unit!r}: expected one of {", ".join(UNITS_NS)}')
    intrinsics = np.full((3, 3), np.nan)
    if kind == 'camera':
        fx, fy, cx, cy = entries.numbers('intrinsics', 4)
        intrinsics = np.array([[fx, 0.0, cx], [0.0, fy, cy], [0.0, 0.0, 1.0]])
    distortion = _Entries(f'{place}, distortion', entries.mapping('distortion'),
                          ('model', 'coefficients'))
    stamps = entries.text('stamps', _IN_NAME)
    ending = 'image_raw/compressed' if kind == 'camera' else 'points'
    return SensorLayout(
        name=name, type=kind, topic=entries.text('topic', f'/{name}/{ending}'),
        frame=entries.text('frame', name), files=entries.text('files'),
        stamps=None if stamps == _IN_NAME else folder / stamps, unit_ns=UNITS_NS[unit],
        base_from_sensor=_transform(place, entries), intrinsics=intrinsics,
        distortion_model=distortion.text('model', 'plumb_bob'),
        distortion=tuple(distortion.numbers('coefficients', None, (0.0,) * 5)),
        columns=entries.texts('columns', ('x', 'y', 'z', 'intensity')))


def _transform(place: str, entries: _Entries) -> np.ndarray:
    given = _Entries(f'{place}, transform', entries.mapping('transform'),
                     ('translation', 'rotation', 'matrix'))
    try:
        if given.has('matrix'):
            matrix = np.array(given.numbers('matrix', 16)).reshape(4, 4)
        else:
            matrix = matrix_from(np.array(given.numbers('translation', 3)),
                                 np.array(given.numbers('rotation', 4)))
    except ValueError as error:
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(f'{place}, transform', str(error)) from error
    rotation = matrix[:3, :3]
    if not np.allclose(rotation @ rotation.T, np.eye(3), atol=_RIGID_TOLERANCE):
        raise DatasetError(f'{place}, transform', 'not a rotation and a shift')
    return matrix


class _Entries:
    """The entries of a mapping of YAML, which tell what is wrong with them."""

    def __init__(self, place: str, given: Any, known: Collection[str]) -> None:
        if not isinstance(given, Mapping):
            raise DatasetError(place, f'expected entries, got {type(given).__name__}')
        unknown = set(map(str, given)) - set(known)
        if unknown:
            raise DatasetError(
                place, f'unknown entry {", ".join(sorted(unknown))}: expected '
                f'{", ".join(known)}')
        self._place = place
        self._given = given

    def has(self, name: str) -> bool:
        return self._given.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        value = self._given.get(name, default)
        if not isinstance(value, str) or (not value and value != default):
            raise self._wrong(name, 'text')
        return value

    def texts(self, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = self._given.get(name, list(default))
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self._wrong(name, 'a list of text')
        return tuple(value)

    def file(self, name: str, folder: Path) -> Path | None:
        return folder / self.text(name) if self.has(name) else None

    def mapping(self, name: str) -> Mapping[str, Any]:
        value = self._given.get(name, {})
        if not isinstance(value, Mapping):
            raise self._wrong(name, 'entries')
        return value

    def numbers(self, name: str, count: int | None, default: tuple[float, ...] | None = None
                ) -> list[float]:
        """Return numbers; rows of a matrix one after the other."""
        value = self._given.get(name, None if default is None else list(default))
        rows: list[Any] = value if isinstance(value, list) else [None]
        flat = [one for row in rows for one in (row if isinstance(row, list) else [row])]
        if count not in (None, len(flat)) or not all(
                isinstance(one, (int, float)) and not isinstance(one, bool)
                and math.isfinite(one) for one in flat):
            raise self._wrong(name, 'finite numbers' if count is None else
                              f'{count} finite numbers')
        return [float(one) for one in flat]

    def _wrong(self, name: str, expected: str) -> DatasetError:
        return DatasetError(self._place, f'{name}: expected {expected}, got '
                            f'{self._given[name]!r}' if name in self._given
                            else f'no entry {name}: expected {expected}')
