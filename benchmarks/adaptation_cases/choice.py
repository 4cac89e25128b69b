# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which questions are about day or night, and the labelled samples an adaptation is given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
import json
from pathlib import Path

import numpy as np

from mpnp_ros.evaluation.questions.bag_questions import QUESTIONS
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.training.comparison.conditions import groups_of
from mpnp_ros.training.labelled import Labelled

CAMERA, LIDAR = 'camera', 'lidar'
DAY, NIGHT = 'day', 'night'


def seen_by_camera(question: AskedQuestion) -> bool:
    """Tell whether a camera can answer a question, alone or as well as a lidar."""
    wanted = question.needs or question.needs_any
    return not wanted or CAMERA in wanted


def seen_by_either(question: AskedQuestion) -> bool:
    """Tell whether a lidar answers it as well: what a camera lost can be won back."""
    wanted = question.needs or question.needs_any
    return seen_by_camera(question) and (not wanted or LIDAR in wanted)


def at(condition: str, time: str) -> bool:
    """Tell whether a condition is by day or at night, in any weather, with sensors that work."""
    groups = groups_of(condition)
    return time in groups and not any(one.startswith('dead ') for one in groups)


def choose(labelled: Sequence[Labelled], count: int, scene_questions: int,
           seed: int) -> list[Labelled]:
    """Return `count` of the samples, up to so many of a scene, the same ones for a seed.

    They come from few bags, as a recording would: bag after bag is drawn, of each its scenes.
    Raises ValueError where there are not enough.
    """
    generator = np.random.default_rng([seed, 17])
    bags: dict[str, dict[str, list[Labelled]]] = defaultdict(lambda: defaultdict(list))
    for one in labelled:
        bags[one.bag][one.scene].append(one)
    chosen: list[Labelled] = []
    for bag in generator.permutation(sorted(bags)):
        scenes = bags[str(bag)]
        for scene in generator.permutation(sorted(scenes)):
            of = scenes[str(scene)]
            drawn = generator.permutation(len(of))[:scene_questions]
            chosen += [of[index] for index in sorted(drawn)][:count - len(chosen)]
            if len(chosen) == count:
                return chosen
    raise ValueError(f'{count} samples are wanted, up to {scene_questions} of a scene: there are '
                     f'{len(chosen)} in {sum(map(len, bags.values()))} scenes')


def write_recording(folder: Path, chosen: Sequence[Labelled], bags: Mapping[str, Path]) -> None:
    """Write what an adaptation is pointed at: bags, by links, with the chosen questions alone.

    :param bags: path of each bag by its name.
    """
    for name in dict.fromkeys(one.bag for one in chosen):
        part = folder / name
        part.mkdir(parents=True)
        (part / bags[name].name).symlink_to(bags[name].resolve())
        (part / QUESTIONS).write_text(''.join(
            json.dumps(_line(one)) + '\n' for one in chosen if one.bag == name), encoding='utf-8')


def _line(one: Labelled) -> dict[str, object]:
    asked = one.question
    return {'id': asked.id, 'stamp_ns': asked.stamp_ns, 'question': asked.text,
            'answer': asked.answer, 'candidates': asked.candidates, 'type': asked.type,
            'needs': asked.needs, 'needs_any': asked.needs_any, 'condition': asked.condition,
            'scene': one.scene}
