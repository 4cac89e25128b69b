# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Recorded scenes as what connectors are trained and judged on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mpnp_ros.core.samples import TrainingSample
from mpnp_ros.world.dataset import QUESTIONS
from mpnp_ros.world.encoding import load_latents, SensorEncoders
from mpnp_ros.world.question_file import read_questions
from mpnp_ros.world.questions import balance, Question


@dataclass(frozen=True)
class Case:
    """One question about one scene; `scene` is its index among all that were loaded."""

    scene: int
    stamp_ns: int
    question: Question
    sample: TrainingSample


def load_cases(
    directories: Sequence[Path], encoders: SensorEncoders, balanced: bool = True
) -> list[Case]:
    """Return the questions of encoded recordings, in order of scene.

    With `balanced`, too frequent answers to a question are left out
    (`mpnp_ros.world.questions.balance`).
    """
    cases, scene = [], 0
    for directory in directories:
        latents = load_latents(directory, encoders)
        scenes = {stamp_ns: scene + index for index, stamp_ns in enumerate(latents)}
        scene += len(latents)
        for asked in read_questions(directory / QUESTIONS):
            question = asked.question
            cases.append(Case(
                scene=scenes[asked.stamp_ns], stamp_ns=asked.stamp_ns, question=question,
                sample=TrainingSample(question.text, question.answer, latents[asked.stamp_ns],
                                      question.needs)))
    if not balanced:
        return cases
    return balance(
        cases, group=lambda case: case.question.text, answer=lambda case: case.question.answer)
