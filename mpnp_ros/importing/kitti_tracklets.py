# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The annotations of KITTI's raw drives (tracklet_labels.xml) and what its labels mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from mpnp_ros.evaluation.questions.question_nuscenes_qa import OBJECTS
from mpnp_ros.importing.box import upright
from mpnp_ros.importing.error import DatasetError, read_text

_CATEGORIES: dict[str, tuple[str, ...]] = {
    'Car': ('car',), 'Van': ('car',),   # nuScenes counts vans among the cars
    'Truck': ('truck',), 'Pedestrian': ('pedestrian',),
    'Person (sitting)': ('pedestrian',), 'Person_sitting': ('pedestrian',),
    'Cyclist': ('bicycle',), 'Tram': (), 'Misc': OBJECTS, 'DontCare': OBJECTS}
_STATUSES = {'Cyclist': 'with rider', 'Person (sitting)': 'not standing',
             'Person_sitting': 'not standing'}
_HIDDEN = '2'   # fully occluded


@dataclass(frozen=True)
class Track:
    """One object over several frames.

    :ivar size: length, width, height, metres.
    :ivar poses: velodyne_from_box [4, 4] by frame; the box's origin is its centre.
    :ivar hidden: frames in which it is fully occluded.
    """

    label: str
    size: tuple[float, float, float]
    poses: dict[int, np.ndarray]
    hidden: frozenset[int]


def categories_of(label: str, place: object) -> tuple[str, ...]:
    """Return what an object may be in nuScenes-QA's words; raises DatasetError."""
    if label not in _CATEGORIES:
        raise DatasetError(
            str(place), f'label {label!r}: expected one of {", ".join(_CATEGORIES)}')
    return _CATEGORIES[label]


def status_of(label: str) -> str:
    """Return the status that a label implies, or ''."""
    return _STATUSES.get(label, '')


def read_tracklets(path: Path) -> list[Track]:
    """Read the tracks of a drive; raises DatasetError where the file is not as expected."""
    try:
        root = ElementTree.fromstring(read_text(path))
    except ElementTree.ParseError as error:
        raise DatasetError(path, f'not complete XML: {error}') from error
    items = root.findall('./tracklets/item')
    if not items:
        raise DatasetError(path, 'no tracklets')
    return [_track(f'{path}, tracklet {index}', item) for index, item in enumerate(items)]


def _track(place: str, item: ElementTree.Element) -> Track:
    label = _text(place, item, 'objectType')
    categories_of(label, place)
    height, width, length = _numbers(place, item, ('h', 'w', 'l'))
    first = int(_numbers(place, item, ('first_frame',))[0])
    poses, hidden = {}, set()
    for index, pose in enumerate(item.findall('./poses/item')):
        x, y, z, yaw = _numbers(f'{place}, pose {index}', pose, ('tx', 'ty', 'tz', 'rz'))
        poses[first + index] = upright((x, y, z + height / 2.0), yaw)  # tz is of the bottom
        if pose.findtext('occlusion', '').strip() == _HIDDEN:
            hidden.add(first + index)
    return Track(label, (length, width, height), poses, frozenset(hidden))


def _text(place: str, item: ElementTree.Element, name: str) -> str:
    text = item.findtext(name)
    if text is None:
        raise DatasetError(place, f'no <{name}>')
    return text.strip()


def _numbers(place: str, item: ElementTree.Element, names: Sequence[str]) -> list[float]:
    numbers = []
    for name in names:
        text = _text(place, item, name)
        try:
            numbers.append(float(text))
        except ValueError as error:
            raise DatasetError(place, f'<{name}> is {text!r}: not a number') from error
    if not np.isfinite(numbers).all():
        raise DatasetError(place, f'<{"> <".join(names)}>: not finite')
    return numbers
