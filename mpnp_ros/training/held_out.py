# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How connectors answer what they were not trained on, beside controls that keep one honest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.question_batch import alike, answer_many, Asked
from mpnp_ros.evaluation.record import QUESTION_ONLY, Record, same_answer, SHUFFLED
from mpnp_ros.training.labelled import Labelled


def judge(answerer: Answerer, held_out: Sequence[Labelled], controls: Collection[str] = (), *,
          batch: int = 32, max_new_tokens: int = 16, seed: int = 0) -> list[Record]:
    """Return the answers as records: with all sensors, and under each of the controls.

    Question-only answers come from the same LLM without any sensor; shuffled ones with the sensors
    of another scene, or of another moment where there is only one scene. Best blind guesses need
    no answers: `mpnp_ros.evaluation.figures.scores` makes them from the records.
    """
    moments: list[Mapping[str, Latents]] = []
    places: dict[tuple[int, ...], int] = {}
    scenes: list[str] = []
    of: list[int] = []
    for one in held_out:
        reading = tuple(id(latents) for _, latents in sorted(one.sample.latents.items()))
        if reading not in places:
            places[reading] = len(moments)
            moments.append(one.sample.latents)
            scenes.append(one.scene)
        of.append(places[reading])
    seen: dict[str, Sequence[Mapping[str, Latents]]] = {'': moments}
    if QUESTION_ONLY in controls:
        seen[QUESTION_ONLY] = [{}] * len(moments)
    if SHUFFLED in controls and len(moments) > 1:
        seen[SHUFFLED] = [
            {name: moments[other][name] for name in moment if name in moments[other]}
            for moment, other in zip(moments, _others(scenes, seed))]
    about: dict[int, list[int]] = defaultdict(list)
    for index, place in enumerate(of):
        about[place].append(index)
    given: dict[str, dict[int, Record]] = {control: {} for control in seen}
    for members in alike(moments, batch):
        few = [index for member in members for index in about[member]]
        # In every condition before the next ones are asked: texts that have been run are kept.
        for control, shown in seen.items():
            given[control] |= zip(few, _answered(
                answerer, [held_out[index] for index in few],
                [shown[member] for member in members],
                [row for row, member in enumerate(members) for _ in about[member]],
                control, batch, max_new_tokens))
    return [found[index] for found in given.values() for index in range(len(held_out))]


def _answered(answerer: Answerer, held_out: Sequence[Labelled],
              moments: Sequence[Mapping[str, Latents]], of: Sequence[int], control: str,
              batch: int, max_new_tokens: int) -> list[Record]:
    asked = [Asked(one.question.text, one.question.candidates, place)
             for one, place in zip(held_out, of)]
    given = answer_many(answerer, moments, asked, batch=batch, max_new_tokens=max_new_tokens)
    return [Record(
        id=one.question.id, bag=one.bag, scene=one.scene, stamp_ns=one.question.stamp_ns,
        question=one.question.text, expected=one.question.answer, answer=answer.text,
        right=same_answer(answer.text, one.question.answer or '') and not answer.error,
        control=control, type=one.question.type, hop=one.question.hop,
        condition=one.question.condition, candidates=one.question.candidates,
        scores=tuple(round(score, 6) for score in answer.scores), refusal=answer.error)
        for one, answer in zip(held_out, given)]


def _others(scenes: Sequence[str], seed: int) -> list[int]:
    """Return for each moment another one, of another scene where there are two."""
    order = list(np.random.default_rng([seed, 13]).permutation(len(scenes)))
    order.sort(key=lambda index: scenes[index])
    # A largest scene further on along the circle, sorted by scene, each moment meets another.
    largest = max(scenes.count(scene) for scene in set(scenes))
    step = largest if largest < len(scenes) else max(len(scenes) // 2, 1)
    partner = {int(index): int(order[(place + step) % len(order)])
               for place, index in enumerate(order)}
    return [partner[index] for index in range(len(scenes))]
