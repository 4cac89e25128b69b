# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Everything that can be asked about a moment: nuScenes-QA's questions and those beyond it."""

from __future__ import annotations

from random import Random

from mpnp_ros.evaluation.nuscenes_qa.pool import draw
from mpnp_ros.world.asking.approach import Approach
from mpnp_ros.world.asking.asker import Asker
from mpnp_ros.world.asking.braking import Braking
from mpnp_ros.world.asking.color import Color
from mpnp_ros.world.asking.distance import Distance
from mpnp_ros.world.asking.equipment import Equipment, MODALITIES, STANDARD
from mpnp_ros.world.asking.free_way import FreeWay
from mpnp_ros.world.asking.hearing import Hearing
from mpnp_ros.world.asking.hearing_side import HearingSide
from mpnp_ros.world.asking.moment import Moment
from mpnp_ros.world.asking.question import Question
from mpnp_ros.world.asking.speed import Speed
from mpnp_ros.world.asking.turning import Turning
from mpnp_ros.world.truth import Truth

ASKERS: tuple[Asker, ...] = (
    Color(), Distance(), FreeWay(), Approach(), Speed(), Turning(), Braking(), Hearing(),
    HearingSide())
# Which sensors tell what is where.
SEEING = ('camera', 'lidar')


def ask(truth: Truth, seed: int | str, equipment: Equipment = STANDARD) -> list[Question]:
    """Return what can be asked about a moment, of which `Balance` then chooses.

    Of nuScenes-QA's questions, of which a moment decides thousands, this is a sample that has
    every kind of question with each of its answers. The same arguments give the same questions.

    :param seed: of the sample and the wordings; give each moment its own, e.g. 'drive 7, 2.5 s'.
    :param equipment: the sensors that the vehicle has.
    :raises ValueError: the truth holds what nuScenes-QA has no words for, naming the actor.
    """
    rng = Random(f'{seed}')
    moment = Moment(truth, equipment)
    seeing = tuple(name for name in SEEING if moment.sensing.works.any(name))
    found = [
        Question(text=one.text, answer=one.answer, candidates=one.candidates, type=one.type,
                 group=group, needs=seeing if len(seeing) == 1 else (),
                 needs_any=seeing if len(seeing) > 1 else (), hop=one.hop)
        for one, group in (draw(moment.scene(), rng) if seeing else ())]
    for asker in ASKERS:
        found += asker(moment, rng)
    return found


def condition_of(truth: Truth) -> str:
    """Return the name under which figures of a moment are put together, e.g. 'night, dirty lens'.

    Which of the cameras or radars is dirty or dead is left out.
    """
    kinds = (*MODALITIES, 'lens')
    short = []
    for condition in truth.conditions:
        words = condition.replace('_', ' ').split()
        last = next((place for place, word in enumerate(words, 1) if word in kinds), len(words))
        short.append(' '.join(words[:last]))
    return ', '.join(dict.fromkeys(short)) or 'day'
