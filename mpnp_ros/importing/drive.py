# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One drive of a data set, ready to be written as a bag; nothing big is read before it is due."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mpnp_ros.evaluation.nuscenes_qa.scene import DIRECTIONS
from mpnp_ros.importing.box import Box

MAP_FRAME = 'map'
BASE_FRAME = 'base_link'
TRANSFORMS_TOPIC = '/tf'
MOUNTS_TOPIC = '/tf_static'
ANNOTATIONS_TOPIC = '/annotations'


@dataclass(frozen=True)
class Recorded:
    """One message to be: `make` reads it, and raises DatasetError naming the file."""

    stamp_ns: int
    topic: str
    type: str
    make: Callable[[], Any]


@dataclass(frozen=True)
class Annotated:
    """A moment whose objects are annotated.

    :ivar token: the data set's name for it, '' where it has none.
    :ivar boxes: reads them; raises DatasetError naming the file.
    """

    stamp_ns: int
    boxes: Callable[[], Sequence[Box]]
    token: str = ''


@dataclass(frozen=True)
class Drive:
    """What belongs into one bag.

    :ivar mounts: base_from_sensor [4, 4] by the sensor's frame.
    :ivar annotated: the directions from the vehicle in which every object has a box.
    :ivar questions: a file of JSON lines that stands in place of generated questions.
    :ivar modalities: those of its sensors, which questions may need; empty: not known.
    :ivar notes: what a user should know of it: what the data set lacks, what was made up.
    """

    name: str
    mounts: Mapping[str, np.ndarray]
    recorded: Sequence[Recorded]
    moments: Sequence[Annotated] = ()
    condition: str = ''
    annotated: Sequence[str] = DIRECTIONS
    questions: Path | None = None
    modalities: Sequence[str] = ()
    notes: Sequence[str] = ()
