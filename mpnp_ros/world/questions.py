# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Questions about one moment of a drive, with answers that the sensors can know.

Answers follow from what was seen: pixels of the camera picture and returns of the lidar. Where
the truth is a close call (an object half hidden, a distance near a limit) nothing is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
import math
from typing import TypeVar

import numpy as np

from mpnp_ros.world.geometry import Box
from mpnp_ros.world.objects import VEHICLE_COLORS
from mpnp_ros.world.scene import EGO_FRONT, EGO_REAR_OVERHANG
from mpnp_ros.world.sensors import RIG
from mpnp_ros.world.street import KERB_LEFT, KERB_RIGHT
from mpnp_ros.world.truth import Seen

UNKNOWN = 'unknown'  # the answer without the sensor that a question needs
CLEAR_M = 10.0  # "clear" and "near" end here, metres ahead of the bumper
FAR_M = 20.0
COUNTS = ('zero', 'one', 'two', 'three', 'four')

_HALF_LANE = 1.2  # what comes nearer than this to the ego's middle line is in the way, m
_BESIDE = 1.6  # and what stays further than this away is not
_FEW_HITS, _ENOUGH_HITS = 0, 4
_OTHERS = ('truck', 'pedestrian', 'traffic cone', 'barrier')
_SMALL = ('pedestrian', 'traffic cone')
_MARGIN = 0.1  # relative distance to a limit below which nothing is asked
_NEARER_BY = 1.5  # m, that the nearest car is nearer than the next

Item = TypeVar('Item')


@dataclass(frozen=True)
class Question:
    """One question: its text, the right answer, all answers it may get, and what it takes."""

    text: str
    answer: str
    candidates: tuple[str, ...]
    type: str
    needs: tuple[str, ...]  # modalities without which the answer is UNKNOWN


Asker = Callable[[Sequence[Seen]], Iterator[tuple[tuple[str, ...], str]]]

_ASKERS: dict[str, tuple[Asker, tuple[str, ...], tuple[str, ...]]] = {}


def ask(
    sightings: Sequence[Seen], rng: np.random.Generator | None = None
) -> list[Question]:
    """Return every question with a sure answer, in its first wording or, with `rng`, in any."""
    asked = []
    for kind, (asker, answers, needs) in _ASKERS.items():
        for wordings, answer in asker(sightings):
            text = wordings[0 if rng is None else int(rng.integers(len(wordings)))]
            asked.append(Question(text, answer, (*answers, UNKNOWN), kind, needs))
    return asked


def balance(
    items: Iterable[Item], group: Callable[[Item], str], answer: Callable[[Item], str],
    most: float = 1.5,
) -> list[Item]:
    """Leave out the last of too frequent answers, in the order given.

    Within a group, an answer is kept at most `most` times as often as the second most frequent
    one: with two answers a guess is right at most `most / (1 + most)` of the time.
    """
    items = list(items)
    counts: dict[str, dict[str, int]] = {}
    for item in items:
        answers = counts.setdefault(group(item), {})
        answers[answer(item)] = answers.get(answer(item), 0) + 1
    kept, used = [], dict[tuple[str, str], int]()
    for item in items:
        key = (group(item), answer(item))
        ranked = sorted(counts[key[0]].values(), reverse=True)
        limit = math.floor(most * ranked[1]) if len(ranked) > 1 else ranked[0]
        used[key] = used.get(key, 0) + 1
        if used[key] <= limit:
            kept.append(item)
    return kept


def _asks(kind: str, answers: Iterable[str], needs: str) -> Callable[[Asker], Asker]:
    def register(asker: Asker) -> Asker:
        _ASKERS[kind] = (asker, tuple(answers), (needs,))
        return asker

    return register


@_asks('color', VEHICLE_COLORS, 'camera')
def _color(sightings: Sequence[Seen]) -> Iterator[tuple[tuple[str, ...], str]]:
    nearest = _nearest_car(sightings, lambda car: car.color)
    if nearest is not None:
        yield (
            'What color is the nearest car ahead?',
            'What is the color of the closest car in front of us?',
        ), nearest.color


@_asks('exist', ('yes', 'no'), 'camera')
def _exist(sightings: Sequence[Seen]) -> Iterator[tuple[tuple[str, ...], str]]:
    for name in _OTHERS:
        seen = [_seen(s) for s in sightings if s.kind == name]
        if any(seen) or None not in seen:
            yield (
                f'Is there a {name} ahead?', f'Do you see a {name} in front of us?',
            ), 'yes' if any(seen) else 'no'


@_asks('count', COUNTS, 'camera')
def _count(sightings: Sequence[Seen]) -> Iterator[tuple[tuple[str, ...], str]]:
    seen = [_seen(s) for s in sightings if s.kind == 'car']
    if None not in seen and sum(map(bool, seen)) < len(COUNTS):
        yield (
            'How many cars are ahead?', 'How many cars can you see in front of us?',
        ), COUNTS[sum(map(bool, seen))]


@_asks('direction', ('left', 'middle', 'right'), 'camera')
def _direction(sightings: Sequence[Seen]) -> Iterator[tuple[tuple[str, ...], str]]:
    nearest = _nearest_car(sightings, _side)
    side = '' if nearest is None else _side(nearest)
    if side:
        yield (
            'Is the nearest car ahead on the left, in the middle or on the right?',
            'Where is the closest car in front of us: left, middle or right?',
        ), side


@_asks('clear', ('yes', 'no'), 'lidar')
def _clear(sightings: Sequence[Seen]) -> Iterator[tuple[tuple[str, ...], str]]:
    distance = _free_way(sightings)
    if distance is not None and not _close_call(distance, CLEAR_M):
        yield (
            f'Is the way ahead clear for {CLEAR_M:g} meters?',
            f'Is our lane free for the next {CLEAR_M:g} meters?',
        ), 'yes' if distance > CLEAR_M else 'no'


@_asks('distance', ('near', 'medium', 'far'), 'lidar')
def _distance(sightings: Sequence[Seen]) -> Iterator[tuple[tuple[str, ...], str]]:
    distance = _free_way(sightings)
    if distance is not None and not any(_close_call(distance, m) for m in (CLEAR_M, FAR_M)):
        yield (
            'Is the next obstacle in our lane near, medium or far?',
            'How far is the way free: near, medium or far?',
        ), 'near' if distance < CLEAR_M else 'medium' if distance < FAR_M else 'far'


@_asks('behind', ('yes', 'no'), 'lidar')
def _behind(sightings: Sequence[Seen]) -> Iterator[tuple[tuple[str, ...], str]]:
    gaps = []
    for s in sightings:
        corners = s.box.footprint()
        gap = -EGO_REAR_OVERHANG - float(corners[:, 0].max())
        if gap < -1.0 or gap > CLEAR_M * (1.0 + 2 * _MARGIN):
            continue
        on_road = corners[:, 1].min() > KERB_RIGHT and corners[:, 1].max() < KERB_LEFT
        if s.kind not in ('car', 'truck') or not on_road or s.hits <= _ENOUGH_HITS:
            return
        gaps.append(gap)
    if not gaps or not _close_call(min(gaps), CLEAR_M):
        yield (
            'Is there a vehicle close behind us?', 'Is a car or truck right behind us?',
        ), 'yes' if gaps and min(gaps) < CLEAR_M else 'no'


def _seen(sighting: Seen) -> bool | None:
    """Say whether the camera shows the object; None: hardly."""
    enough, few = (80, 12) if sighting.kind in _SMALL else (130, 20)
    pixels = sum(sighting.pixels.values())
    return True if pixels >= enough else False if pixels < few else None


def _nearest_car(
    sightings: Sequence[Seen], answer: Callable[[Seen], str]
) -> Seen | None:
    """Return the nearest car that the camera shows, None where another could be meant.

    Another car may be about as near, or hardly visible and nearer, only with the same answer.
    """
    cars = sorted((s for s in sightings if s.kind == 'car' and _seen(s) is not False), key=_range)
    if not cars or not _seen(cars[0]):
        return None
    rivals = [car for car in cars[1:] if _range(car) < _range(cars[0]) + _NEARER_BY]
    return cars[0] if all(answer(car) == answer(cars[0]) for car in rivals) else None


def _range(sighting: Seen) -> float:
    return sighting.box.distance_to(EGO_FRONT, 0.0)


def _side(sighting: Seen) -> str:
    """Return where the camera shows the object, '' where it is a close call."""
    x, y, _ = RIG.camera.position
    pose = sighting.box.pose
    azimuth = math.degrees(math.atan2(pose.y - y, pose.x - x))
    if abs(azimuth) < 5.0:
        return 'middle'
    return '' if abs(azimuth) < 8.0 else 'left' if azimuth > 0.0 else 'right'


def _free_way(sightings: Sequence[Seen]) -> float | None:
    """Return how far the ego could go straight on, metres; inf: as far as the lidar sees.

    None where it hangs on an object that the lidar hardly sees or that is only just in the way.
    """
    sure, unsure = math.inf, math.inf
    for s in sightings:
        distance, aside = _in_front(s.box)
        if distance < 0.0 or aside > _BESIDE or s.hits <= _FEW_HITS:
            continue
        if aside > _HALF_LANE or s.hits < _ENOUGH_HITS:
            unsure = min(unsure, distance)
        else:
            sure = min(sure, distance)
    return sure if sure <= unsure else None


def _in_front(box: Box) -> tuple[float, float]:
    """Return a box's distance ahead of the bumper and to the ego's middle line, metres."""
    corners = box.footprint()
    low, high = float(corners[:, 1].min()), float(corners[:, 1].max())
    return float(corners[:, 0].min()) - EGO_FRONT, max(low, -high, 0.0)


def _close_call(distance: float, limit: float) -> bool:
    return abs(distance - limit) < _MARGIN * limit
