# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Train the connectors that come with the package, and pick what the demo can ask them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.train import Progress, train_connectors, TrainingConfig
from mpnp_ros.world.corpus import Case
from mpnp_ros.world.judge import CONDITIONS, Judge

# What the three questions of the demo may be about, one of each group.
DEMO_TYPES: tuple[tuple[str, ...], ...] = (
    ('color',), ('clear', 'distance'), ('exist', 'count', 'direction'))
_APART_NS = 1_500_000_000  # between the stamps of the demo's questions


def train(
    llm: LanguageModel, sources: Mapping[str, Source], cases: Sequence[Case],
    config: TrainingConfig, *, connected_blocks: int, hidden: int, system_prompt: str,
    progress: Progress | None = None,
) -> Connectors:
    """Return connectors trained on the cases; the LLM stays as it is."""
    connectors = Connectors.create(
        llm, sources, connected_blocks=connected_blocks, hidden=hidden,
        system_prompt=system_prompt, seed=config.seed)
    train_connectors(llm, connectors, [case.sample for case in cases], config, progress=progress)
    return connectors


def confidence(answerer: Answerer, case: Case) -> float:
    """Return the probability of the right answer, 0 where it would not be given.

    It must be the best of the candidates, and the text that the LLM writes freely.
    """
    question = case.question
    scored = answerer.answer(
        question.text, case.sample.latents, candidates=question.candidates)
    if scored.text != question.answer:
        return 0.0
    written = answerer.answer(question.text, case.sample.latents)
    if written.text != question.answer:
        return 0.0
    return scored.scores[question.candidates.index(question.answer)]


def choose_demo(answerer: Answerer, cases: Sequence[Case]) -> list[Case]:
    """Choose one case of each group of DEMO_TYPES, at three stamps, in order of time.

    Each has the same answer, and gets it, at its stamp, the one before and the one after. Of
    those, questions whose answer changes during the drive come first, then the most confident.
    Raises ValueError where a group has none.
    """
    tracks: dict[str, dict[int, Case]] = defaultdict(dict)
    for case in cases:
        tracks[case.question.text][case.stamp_ns] = case
    stamps = sorted({case.stamp_ns for case in cases})
    # Most cases need not be asked one by one: those that come out wrong in the batch.
    judged = Judge(answerer.llm, answerer.connectors, cases).answer(cases, CONDITIONS['both'])
    right = {
        (case.question.text, case.stamp_ns) for case, given in zip(cases, judged)
        if given.generated_right and given.chosen == case.question.answer}
    sure: dict[tuple[str, int], float] = {}
    chosen: list[Case] = []
    for types in DEMO_TYPES:
        best: tuple[tuple[bool, float], Case] | None = None
        for text, track in tracks.items():
            changes = len({case.question.answer for case in track.values()}) > 1
            for before, now, after in zip(stamps, stamps[1:], stamps[2:]):
                if not {before, now, after} <= track.keys():
                    continue
                answers = {track[stamp].question.answer for stamp in (before, now, after)}
                if track[now].question.type not in types or len(answers) > 1:
                    continue
                if any(abs(now - other.stamp_ns) < _APART_NS for other in chosen):
                    continue
                around = [(text, stamp) for stamp in (before, now, after)]
                if not right.issuperset(around):
                    continue
                for key in around:
                    if key not in sure:
                        sure[key] = confidence(answerer, track[key[1]])
                least = min(sure[key] for key in around)
                if least > 0.0 and (best is None or (changes, least) > best[0]):
                    best = ((changes, least), track[now])
        if best is None:
            raise ValueError(
                f'no question about {" or ".join(types)} is answered right around a stamp')
        chosen.append(best[1])
    return sorted(chosen, key=lambda case: case.stamp_ns)
