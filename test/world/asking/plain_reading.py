# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Answer a question by reading its words and looking at every object: slow, exact, no margins.

Nothing here is shared with what makes the questions.
"""

from __future__ import annotations

from collections.abc import Sequence
import math
import re

import numpy as np

from mpnp_ros.world.geometry import Box, Pose
from mpnp_ros.world.truth import Seen, Truth

KINDS = ('construction vehicle', 'traffic cone', 'motorcycle', 'pedestrian', 'barrier', 'bicycle',
         'trailer', 'truck', 'thing', 'bus', 'car')
STATUSES = ('not standing', 'without rider', 'with rider', 'standing', 'stopped', 'parked',
            'moving')
SECTORS = {'front': 0, 'front left': 60, 'back left': 120, 'back': 180, 'back right': -120,
           'front right': -60}


def pixels(truth: Truth, one: Seen) -> int:
    if 'dead camera' in truth.conditions:
        return 0
    return max((count for camera, count in one.pixels.items()
                if f'dead camera {camera}' not in truth.conditions), default=0)


def hits(truth: Truth, one: Seen) -> int:
    return 0 if 'dead lidar_top' in truth.conditions else one.hits


def evidence(truth: Truth, one: Seen) -> str:
    """Return 'none', 'little' or 'enough' that an object is there."""
    few = 24 if one.kind in ('pedestrian', 'traffic cone') else 40
    if pixels(truth, one) >= few or hits(truth, one) >= 2 or one.echoes >= 2:
        return 'enough'
    return 'little' if pixels(truth, one) or hits(truth, one) or one.echoes else 'none'


def seen(truth: Truth) -> list[Seen]:
    return [one for one in truth.objects if evidence(truth, one) != 'none']


def in_sector(direction: str, origin: tuple[float, float], one: Seen) -> bool:
    dx, dy = one.box.pose.x - origin[0], one.box.pose.y - origin[1]
    if math.hypot(dx, dy) < 1e-6:
        return False
    return abs(math.remainder(
        math.degrees(math.atan2(dy, dx)) - SECTORS[direction], 360.0)) < 30.0


def matching(objects: Sequence[Seen], words: str) -> list[Seen]:
    """Return the objects that words fit: 'parked cars', 'thing that is to the front of me'."""
    words = words.strip()
    relation = re.fullmatch(
        r'(.+?) (?:that is )?(?:both )?to the (.+)', words)
    if relation:
        return [one for one in matching(objects, relation[1])
                if all(one is not anchor and in_sector(direction, place, one)
                       for direction, place, anchor in places(objects, relation[2]))]
    status = next((name for name in STATUSES if words.startswith(name + ' ')), '')
    kind = words[len(status):].strip()
    kind = next(name for name in KINDS if kind in (name, name + 's'))
    return [one for one in objects if kind in ('thing', one.kind)
            and (not status or one.status == status)]


def places(objects: Sequence[Seen],
           words: str) -> list[tuple[str, tuple[float, float], Seen | None]]:
    """Read 'front of the bus and the back left of me'."""
    found: list[tuple[str, tuple[float, float], Seen | None]] = []
    for part in words.split(' and the '):
        direction, anchor = part.split(' of ', 1)
        if anchor == 'me':
            found.append((direction, (0.0, 0.0), None))
        else:
            (one,) = matching(objects, anchor.removeprefix('the '))
            found.append((direction, (one.box.pose.x, one.box.pose.y), one))
    return found


def only(objects: Sequence[Seen], words: str) -> Seen:
    (one,) = matching(objects, words.removeprefix('the ').removeprefix('a '))
    return one


def nuscenes_answer(objects: Sequence[Seen], text: str) -> str:
    """Answer one of nuScenes-QA's questions about these objects."""
    text = text.rstrip('?').lower()
    known = re.fullmatch(r'there is a (.+?); (.+)', text)
    if known:
        text = re.sub(r'\bits status\b', f'the status of the {known[1]}', known[2])
        text = re.sub(r'\bit\b', f'the {known[1]}', text)
    for form in (r'do (the .+) and (the .+) have the same status',
                 r'does (the .+) have the same status as (the .+)',
                 r'is the status of (the .+) the same as (the .+)',
                 r'is (the .+) the same status as (the .+)'):
        pair = re.fullmatch(form, text)
        if pair:
            return pair_answer(objects, text, form)
    for form in (r'what is the status of (the .+)', r'what status is (the .+)',
                 r'(the .+) is in what status'):
        found = re.fullmatch(form, text)
        if found:
            return only(objects, found[1]).status
    same = re.fullmatch(
        r'(is there another|are there any other|how many other|what number of other) (.+?)'
        r'(?: are there| are| that has| that)?(?: of| in)?(?: the)? same status as (the .+)', text)
    if same:
        one = only(objects, same[3])
        count = sum(other is not one and other.status == one.status
                    for other in matching(objects, same[2]))
        return str(count) if same[1].startswith(('how', 'what')) else 'yes' if count else 'no'
    found = re.fullmatch(r'(how many|what number of) (.+?) are (?:there|(to the .+))', text)
    if found:
        return str(len(matching(objects, ' '.join(filter(None, found.groups()[1:])))))
    found = (re.fullmatch(r'are there any (.+)', text)
             or re.fullmatch(r'are any (.+) visible', text))
    if found:
        return 'yes' if matching(objects, found[1]) else 'no'
    found = re.fullmatch(r'what is (the .+)', text) or re.fullmatch(r'(the .+) is what', text)
    assert found, text
    return only(objects, found[1]).kind


def pair_answer(objects: Sequence[Seen], text: str, form: str) -> str:
    """Compare two objects; ' and the ' may also stand within one of them, so try each cut."""
    for cut in [found.start() for found in re.finditer(r' and | have | the same | the status ',
                                                       text)]:
        for joint in (' and ', ' have the same status as ', ' the same as ',
                      ' the same status as '):
            if not text.startswith(joint, cut):
                continue
            first = re.sub(r'^(do|does|is)( the status of)? ', '', text[:cut])
            second = text[cut + len(joint):].removesuffix(' have the same status')
            try:
                one, other = only(objects, first), only(objects, second)
            except (ValueError, StopIteration):
                continue
            return 'yes' if one.status == other.status else 'no'
    raise AssertionError(text)


def gap_m(one: Seen) -> float:
    """Return how far an object's outline is from the ego vehicle's, by points on both."""
    around = outline(Box(Pose(1.4, 0.0), (4.6, 1.9, 1.7)).footprint())
    offsets = around[:, None] - outline(one.box.footprint())
    return float(np.hypot(offsets[..., 0], offsets[..., 1]).min())


def outline(corners: np.ndarray) -> np.ndarray:
    """Return points [60, 2] along the edges between corners [4, 2]."""
    steps = np.linspace(0.0, 1.0, 15)[:, None]
    return np.concatenate([first + steps * (second - first)
                           for first, second in zip(corners, np.roll(corners, 1, axis=0))])


def nearest(truth: Truth, words: str) -> Seen:
    """Return the nearest of what 'car ahead' or 'bus to the back left of me' means."""
    words = words.replace(' ahead', ' to the front of me')
    words = words.replace(' behind me', ' to the back of me')
    return min(matching(seen(truth), words), key=gap_m)
