# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Measure how often questions are answered right from their words alone.

Questions of one frame (or, with --unit scene, of one scene) are never in two folds. Takes
nuScenes-QA (the released JSON, or one question a line), DriveLM, and the questions.jsonl of bags:

    python benchmarks/question_only.py NuScenes_val_questions.json
    python benchmarks/question_only.py bags/*/questions.jsonl --unit scene

Free answers are answers like any other; questions without an answer are left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
import sys
import time

from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.question_only.blind import blind, FOLDS, L2
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.evaluation.questions.question_files import AUTO, FORMATS, read_questions


class AnyStamp(Mapping[str, int]):
    """Number the samples as they come: their true stamps play no part here."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __getitem__(self, token: str) -> int:
        return self._numbers.setdefault(token, len(self._numbers))

    def __contains__(self, token: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


def main() -> int:
    """Measure and print a table; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('files', nargs='+', type=Path, help='files of questions')
    parser.add_argument('--format', choices=FORMATS, default=AUTO)
    parser.add_argument('--unit', choices=('frame', 'scene'), default='frame',
                        help='what is never divided between training and testing')
    parser.add_argument('--folds', type=int, default=FOLDS)
    parser.add_argument('--seed', type=int, default=0, help='of the folds')
    parser.add_argument('--l2', type=float, nargs='+', default=list(L2),
                        help='regularisation; of several, each fold chooses within its own '
                             'training part')
    given = parser.parse_args()
    problems, stamps = Problems(), AnyStamp()
    questions: list[AskedQuestion] = []
    units: list[str] = []
    for file in given.files:
        for one in read_questions(file, problems, format=given.format, stamps=stamps):
            if one.answer is not None:
                questions.append(one)
                scene = one.scene or str(file)
                units.append(scene if given.unit == 'scene' else f'{scene}, {one.stamp_ns}')
    for problem in problems:
        print(f'{problem.count} times: {problem.what}, e.g. {problem.places[0]}', file=sys.stderr)
    begun = time.perf_counter()
    try:
        found = blind(questions, units, folds=given.folds, l2=given.l2, seed=given.seed)
    except ValueError as error:
        print(f'question_only: {error}', file=sys.stderr)
        return 2
    print('\n'.join(found.table()))
    print(f'{len(questions)} questions about {len(set(units))} {given.unit}s, {given.folds} '
          f'folds, l2 {", ".join(f"{one:g}" for one in found.l2)}, '
          f'{time.perf_counter() - begun:.1f} s')
    return 0


if __name__ == '__main__':
    sys.exit(main())
