# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Measure how well words, and states of the LLM, tell which modality a question needs.

Each type of nuScenes-QA's questions is told by one of three modalities (made up, since no data set
says which): how often is the right one expected to be the best, for questions of the same forms as
those learned from, and for forms that were held out?

    python benchmarks/question_relevance.py day_questions.jsonl [vectors.npz]

The vectors are those that python -m mpnp_ros.core.question_vectors writes for that file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
import json
from pathlib import Path
import sys

import numpy as np

from mpnp_ros.evaluation.questions.question_nuscenes_qa import question_type
from mpnp_ros.manager.features import Features, NgramFeatures
from mpnp_ros.manager.outcome import Outcome
from mpnp_ros.manager.relevance import LearnedExpectation
from mpnp_ros.manager.relevance_fit import fit
from mpnp_ros.manager.situation import AskedQuestion
from mpnp_ros.manager.train_relevance import read_vectors

NEEDED = {'exist': 'camera', 'count': 'lidar', 'object': 'camera', 'status': 'radar',
          'comparison': 'radar'}
SURE, GUESSED = 0.85, 0.35   # how often an answer is right with and without what it needs
HELD_OUT = ('what number', 'are any', 'is there', 'what status', 'is it', 'is the', 'does it')

Questions = Sequence[tuple[str, str]]


def main(paths: Sequence[str]) -> None:
    """Print a line per kind of features."""
    lines = Path(paths[0]).read_text(encoding='utf-8').splitlines()
    questions = [(text, NEEDED[question_type(text)])
                 for text in dict.fromkeys(json.loads(line)['question'] for line in lines)]
    order = np.random.default_rng(1).permutation(len(questions))
    mixed = [questions[index] for index in order]
    splits = {
        'same forms': (mixed[:900], mixed[900:]),
        'other forms': ([one for one in questions if not held_out(one[0])],
                        [one for one in questions if held_out(one[0])])}
    kinds: dict[str, tuple[Features, Mapping[str, np.ndarray]]] = {
        'words': (NgramFeatures(), {})}
    if len(paths) > 1:
        kinds['states'] = read_vectors(paths[1])
    for kind, (features, vectors) in kinds.items():
        for name, (learned, asked) in splits.items():
            part = told(learned, asked, features, vectors)
            print(f'{kind:8} {name:12} {len(learned)} learned, {len(asked)} asked: {part:.3f}')


def held_out(text: str) -> bool:
    """Tell whether a question has one of the forms that are not learned from."""
    asks = text.rpartition(';')[2].strip().casefold()
    return asks.startswith(HELD_OUT) or asks.rstrip('?').endswith('is what')


def told(learned: Questions, asked: Questions, features: Features,
         vectors: Mapping[str, np.ndarray]) -> float:
    """Return for which part of the questions the needed modality is expected to be the best."""
    model = fit(list(outcomes(learned)), features, vectors=vectors)
    best = LearnedExpectation.of(
        model, [AskedQuestion(text, vector=vectors.get(text)) for text, _ in asked],
        dict.fromkeys(model.modalities, 1.0)).accuracy(
        np.eye(len(model.modalities), dtype=bool)).argmax(1)
    return float(np.mean([model.modalities[index] == needed
                          for index, (_, needed) in zip(best, asked)]))


def outcomes(questions: Questions) -> Iterator[Outcome]:
    """Return made-up outcomes of each question with no, each and all modalities."""
    rng = np.random.default_rng(0)
    everything = frozenset(NEEDED.values())
    for index, (text, needed) in enumerate(questions):
        for used in (frozenset[str](), *(frozenset({name}) for name in sorted(everything)),
                     everything):
            right = rng.random() < (SURE if needed in used else GUESSED)
            yield Outcome(text, ('made up', index), 'made up', used, bool(right))


if __name__ == '__main__':
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(sys.argv[1:])
