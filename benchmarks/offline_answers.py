# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Measure the answering of the shipped drive's questions, one by one and many at a time.

Run in tools/shell, on a machine with nothing else to do: python benchmarks/offline_answers.py
`first` includes what is done once: taking the LLM apart, and the blocks below L-N for each text;
`again` is the least of the repeats. Sensors are encoded before. A busy machine multiplies matrices
more slowly: the rate of a product of the LLM's size, taken before and after, says how much.
`others` counts the answers that differ from those one by one, `scores by` is how far scores do.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
import functools
import os
import time
from typing import TypeVar

from llm_runtime import processor
import torch
from torch import nn

from mpnp_ros import shipped
from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.question_batch import answer_many, Asked
from mpnp_ros.world.bag import read_bag
from mpnp_ros.world.encoding import SensorEncoders
from mpnp_ros.world.question_file import read_questions

Result = TypeVar('Result')
Answers = list[tuple[str, tuple[float, ...]]]


@dataclass(frozen=True)
class Drive:
    """The moments of the shipped drive, and what is asked about them."""

    moments: list[dict[str, Latents]]
    asked: list[Asked]
    expected: list[str]

    @classmethod
    def read(cls) -> Drive:
        """Encode the sensors of every moment."""
        encoders, recording = SensorEncoders(), read_bag(shipped.demo_drive() / 'bag')
        stamps = [moment.stamp_ns for moment in recording.moments]
        questions = read_questions(shipped.demo_drive() / 'questions.jsonl')
        return cls(
            [dict(encoders.encode(recording, moment)) for moment in recording.moments],
            [Asked(one.question.text, one.question.candidates, stamps.index(one.stamp_ns))
             for one in questions],
            [one.question.answer for one in questions])


def one_by_one(answerer: Answerer, drive: Drive) -> Answers:
    """Answer as the LLM node does."""
    answers = [answerer.answer(one.text, drive.moments[one.moment], candidates=one.candidates)
               for one in drive.asked]
    return [(answer.text, tuple(answer.scores)) for answer in answers]


def together(answerer: Answerer, drive: Drive, batch: int) -> Answers:
    """Answer so many moments at a time."""
    given = answer_many(answerer, drive.moments, drive.asked, batch=batch)
    return [(answer.text, answer.scores) for answer in given]


def rate() -> float:
    """Return the rate of a matrix product as large as those of the default LLM, GFLOP/s."""
    rows, layer = torch.ones(352, 576), nn.Linear(576, 1536, bias=False)
    with torch.no_grad():
        took = min(timed(functools.partial(layer, rows))[0] for _ in range(20))
    return 2 * 352 * 576 * 1536 / took / 1e9


def timed(call: Callable[[], Result]) -> tuple[float, Result]:
    """Return what a call takes, s, and what it returns."""
    began = time.perf_counter()
    result = call()
    return time.perf_counter() - began, result


def main() -> None:
    """Measure and print a table for each number of threads."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--threads', type=int, nargs='+', default=[1])
    parser.add_argument('--moments', type=int, nargs='+', default=[8, 16, 32],
                        help='moments that are answered together')
    parser.add_argument('--repeats', type=int, default=3)
    given = parser.parse_args()
    torch.set_num_threads(max(given.threads))
    drive = Drive.read()
    for threads in given.threads:
        torch.set_num_threads(threads)
        print(f'\n{len(drive.asked)} questions about {len(drive.moments)} moments, float32; '
              f'{threads} thread{"s"[:threads - 1]} of {processor()}; '
              f'torch {torch.__version__}; load average {os.getloadavg()[0]:.1f}')
        print_table(drive, given.moments, given.repeats)


def print_table(drive: Drive, sizes: Sequence[int], repeats: int) -> None:
    """Measure each way with a language model of its own, which knows no text yet."""
    ways: dict[str, Callable[[Answerer], Answers]] = {
        'one by one': lambda answerer: one_by_one(answerer, drive),
        **{f'{size} moments together': lambda answerer, size=size: together(answerer, drive, size)
           for size in sizes}}
    print(f'{"":<22}{"first, s":>10}{"again, s":>10}{"GFLOP/s":>12}{"right":>8}{"others":>8}'
          f'{"scores by":>12}')
    alone: Answers = []
    for name, way in ways.items():
        llm = LanguageModel.load('smollm2-135m-instruct')
        answerer = Answerer(llm, Connectors.load(shipped.connectors(), llm))
        before = rate()
        took, last = [], alone
        for _ in range(1 + repeats):
            seconds, last = timed(functools.partial(way, answerer))
            took.append(seconds)
        alone = alone or last
        right = sum(text == expected for (text, _), expected in zip(last, drive.expected))
        others = sum(one[0] != other[0] for one, other in zip(last, alone))
        apart = max(abs(one - other) for (_, ours), (_, theirs) in zip(last, alone)
                    for one, other in zip(ours, theirs))
        print(f'{name:<22}{took[0]:>10.2f}{min(took[1:]):>10.2f}'
              f'{f"{before:.0f} to {rate():.0f}":>12}{right:>8}{others:>8}{apart:>12.0e}')


if __name__ == '__main__':
    main()
