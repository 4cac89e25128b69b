# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How often connectors answer right, with which sensors attached, and how sure that figure is."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
import dataclasses
from dataclasses import dataclass

import numpy as np
import torch

from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.samples import gather_tokens, TrainingSample
from mpnp_ros.core.text_states import Text, TextStates
from mpnp_ros.core.upper import UpperBlocks
from mpnp_ros.world.corpus import Case
from mpnp_ros.world.questions import UNKNOWN

CONDITIONS: dict[str, tuple[str, ...]] = {
    'both': ('camera', 'lidar'), 'camera': ('camera',), 'lidar': ('lidar',), 'none': (),
}
SHUFFLED = 'shuffled'  # both sensors, but those of another scene
_BATCH = 64


@dataclass(frozen=True)
class Answered:
    """What came out for one case: the best candidate, and whether greedy text is the answer."""

    chosen: str
    generated_right: bool


class Judge:
    """Answer many cases at once, from states entering the connected blocks.

    Gives what `mpnp_ros.core.answerer` gives, for answers of one token each: the best candidate
    is that of the highest first logit, and greedy generation is right if it yields the answer's
    token and then the end.
    """

    def __init__(self, llm: LanguageModel, connectors: Connectors, cases: Sequence[Case]) -> None:
        self._llm, self._connectors = llm, connectors
        self._blocks = UpperBlocks(
            llm.model, llm.attention.architecture, connectors.connected_blocks)
        self._tokens = {
            answer: tuple(llm.format.answer(answer))
            for case in cases for answer in case.question.candidates}
        longer = sorted(answer for answer, ids in self._tokens.items() if len(ids) != 2)
        if longer:
            raise ValueError(f'answers {longer} are not one token each with {llm.id}')
        self._prompts = {
            case.question.text: tuple(llm.prompt(case.question.text, connectors.system_prompt))
            for case in cases}
        self._states = TextStates(llm, self._blocks, {self._text(case) for case in cases})

    def answer(self, cases: Sequence[Case], attached: Sequence[str]) -> list[Answered]:
        """Answer the cases with the modalities of `attached`; none: the frozen LLM alone."""
        answered: list[Answered] = []
        for start in range(0, len(cases), _BATCH):
            answered += self._batch(cases[start:start + _BATCH], attached)
        return answered

    def _batch(self, cases: Sequence[Case], attached: Sequence[str]) -> list[Answered]:
        batch = self._states.batch([self._text(case) for case in cases])
        samples = [case.sample for case in cases]
        with torch.no_grad():
            slots = self._connectors.fuse(gather_tokens(
                samples, [attached] * len(cases), self._llm.device)) if attached else None
            with self._llm.attention.attached(slots):
                logits = self._blocks.upper(batch.states, batch.ids, positions=batch.positions)
        right = (logits.argmax(-1) == batch.targets).all(-1)
        return [
            Answered(max(case.question.candidates,
                         key=lambda answer: float(row[self._tokens[answer][0]])), bool(good))
            for case, row, good in zip(cases, logits[:, 0], right)]

    def _text(self, case: Case) -> Text:
        return Text(self._prompts[case.question.text], self._tokens[case.question.answer])


def shuffled(cases: Sequence[Case], seed: int) -> list[Case]:
    """Return the cases with the sensors of another scene each."""
    by_scene = {case.scene: case.sample.latents for case in cases}
    scenes = sorted(by_scene)
    order = np.random.default_rng(seed).permutation(len(scenes))
    # The next in a random circle is another scene for each.
    other = {scenes[a]: scenes[b] for a, b in zip(order, np.roll(order, 1))}
    return [
        dataclasses.replace(case, sample=TrainingSample(
            case.sample.question, case.sample.answer, by_scene[other[case.scene]],
            case.sample.needs))
        for case in cases]


def question_only(cases: Sequence[Case]) -> list[str]:
    """Return the most frequent answer to each case's question: the best blind guess."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases:
        counts[case.question.text][case.question.answer] += 1
    return [counts[case.question.text].most_common(1)[0][0] for case in cases]


def interval(
    cases: Sequence[Case], right: Sequence[bool], draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the accuracy, resampling scenes."""
    hits: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for case, good in zip(cases, right):
        hits[case.scene][0] += int(good)
        hits[case.scene][1] += 1
    table = np.array(list(hits.values()))  # [scenes, (right, asked)]
    rng = np.random.default_rng(seed)
    drawn = table[rng.integers(len(table), size=(draws, len(table)))].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], [0.025, 0.975])
    return float(low), float(high)


def report(judge: Judge, cases: Sequence[Case], seed: int = 0) -> dict[str, object]:
    """Return accuracies by condition and type of question, ready for JSON.

    An answer is right if the best candidate, `unknown` among them, is the true answer. Without
    the sensor that a question needs, `unknown` is what was taught: its share is given too.
    """
    answers = {name: judge.answer(cases, attached) for name, attached in CONDITIONS.items()}
    answers[SHUFFLED] = judge.answer(shuffled(cases, seed), CONDITIONS['both'])
    blind = question_only(cases)
    types = sorted({case.question.type for case in cases})
    return {
        'questions': len(cases),
        'scenes': len({case.scene for case in cases}),
        'conditions': {
            name: {kind: _figures(cases, given, kind) for kind in [*types, 'all']}
            for name, given in answers.items()},
        'question_only': {
            kind: _share([blind[i] == cases[i].question.answer for i in _of(cases, kind)])
            for kind in [*types, 'all']},
    }


def _figures(
    cases: Sequence[Case], answered: Sequence[Answered], kind: str
) -> Mapping[str, object]:
    chosen = _of(cases, kind)
    right = [answered[i].chosen == cases[i].question.answer for i in chosen]
    low, high = interval([cases[i] for i in chosen], right)
    return {
        'n': len(chosen), 'accuracy': _share(right), 'low': round(low, 4), 'high': round(high, 4),
        'generated': _share([answered[i].generated_right for i in chosen]),
        'unknown': _share([answered[i].chosen == UNKNOWN for i in chosen]),
    }


def _of(cases: Sequence[Case], kind: str) -> list[int]:
    return [i for i, case in enumerate(cases) if kind in ('all', case.question.type)]


def _share(flags: Sequence[bool]) -> float:
    return round(sum(flags) / len(flags), 4) if flags else 0.0
