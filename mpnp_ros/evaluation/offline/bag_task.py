# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The share of one bag in an evaluation: worked off in chunks that survive a kill."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
import dataclasses
from dataclasses import dataclass, field
import functools
import itertools
import json
from pathlib import Path
import time
from typing import Any

import torch

from mpnp_ros.evaluation.bags.bag import Bag
from mpnp_ros.evaluation.offline.latent_store import read_moments, write_moments
from mpnp_ros.evaluation.offline.moment import by_moment, Moment
from mpnp_ros.evaluation.offline.moment_reader import Encoded, MomentReader
from mpnp_ros.evaluation.offline.offline_answers import OfflineAnswers
from mpnp_ros.evaluation.offline.offline_suite import Ablation, OfflineSuite
from mpnp_ros.evaluation.offline.prefetch import Prefetch
from mpnp_ros.evaluation.problem import Problem, Problems
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.evaluation.record import QUESTION_ONLY, Record, to_line
from mpnp_ros.evaluation.run_folder import write_whole
from mpnp_ros.suite.configuration import read_configuration

CHUNK = 16   # moments that are answered in one batch; part of what makes two runs the same
ANSWER, SHUFFLE = 'answer', 'shuffle'   # the two stages


@dataclass(frozen=True)
class BagTask:
    """What a worker needs to know; everything it loads it finds by path.

    :ivar work: folder of this bag's share; `partner` is that of the bag whose sensors are seen
        in the shuffled control.
    """

    bag: Path
    name: str
    params_file: Path
    overrides: dict[str, Any]
    ablation: Ablation
    questions: tuple[AskedQuestion, ...]
    settle_s: float
    controls: tuple[str, ...]
    work: Path
    partner: Path

    @functools.cached_property
    def moments(self) -> int:
        """Return how many moments are asked about."""
        return len(by_moment(self.questions))

    @property
    def chunks(self) -> int:
        """Return the number of chunks of one stage."""
        return -(-self.moments // CHUNK)

    def finished(self, stage: str) -> bool:
        """Tell whether a stage is done."""
        return (self.work / f'{stage}.json').is_file()

    def chunks_done(self, stage: str) -> int:
        """Return how many chunks of a stage are done, from the first on."""
        return next(number for number in itertools.count()
                    if not self.chunk(stage, number).is_file())

    def chunk(self, stage: str, number: int) -> Path:
        """Return where the records of one chunk are written."""
        return self.work / f'{stage}_{number:05d}.jsonl'

    def latents(self, number: int) -> Path:
        """Return where the latents of one chunk are written."""
        return self.work / f'latents_{number:05d}.safetensors'

    def encoded(self, number: int) -> Path:
        """Return where it is written how far encoding had come by the end of a chunk."""
        return self.work / f'encoded_{number:05d}.json'


@dataclass
class Outcome:
    """What a stage leaves behind beside its records; seconds are those of the wall."""

    problems: list[Problem] = field(default_factory=list)
    encoders: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    read_s: float = 0.0
    encode_s: float = 0.0
    answer_s: float = 0.0


def run_stage(task: BagTask, stage: str, *,
              look: Callable[[], None] = lambda: None) -> None:
    """Work off what is left of a stage; `look` is called after every chunk.

    Raises BagError where the bag cannot be read, and what OfflineSuite raises.
    """
    # One thread each for encoding and answering: the results do not depend on the machine's
    # cores, and several bags at once do not slow each other down.
    torch.set_num_threads(1)
    task.work.mkdir(parents=True, exist_ok=True)
    suite = _suite(task)
    if stage == ANSWER:
        outcome = _answer(task, suite, look)
    else:
        outcome = _shuffle(task, suite, look)
    write_whole(task.work / f'{stage}.json', json.dumps(dataclasses.asdict(outcome)))


def outcome_of(task: BagTask, stage: str) -> Outcome:
    """Read what a finished stage left."""
    fields = json.loads((task.work / f'{stage}.json').read_text(encoding='utf-8'))
    fields['problems'] = [Problem(**problem) for problem in fields['problems']]
    return Outcome(**fields)


def _answer(task: BagTask, suite: OfflineSuite, look: Callable[[], None]) -> Outcome:
    began = time.perf_counter()
    outcome, problems = Outcome(), Problems()
    answers = OfflineAnswers(suite.answerer, suite.configuration.llm)
    done = task.chunks_done(ANSWER)
    with Bag(task.bag, problems) as bag:
        decided = (suite.decisions(task.questions).decided if suite.decides_by_question
                   else lambda moment: moment)
        reader = MomentReader(
            bag, suite.configuration, suite.encoders, suite.attached, suite.answerer.check,
            problems, reports=suite.decides_by_question)
        if done:
            reader.go_on(read_moments(task.latents(done - 1))[-1],
                         _read_encoded(task.encoded(done - 1)))
        steps = reader.steps(task.questions, task.settle_s, skip=done * CHUNK)
        with Prefetch(steps, 2 * CHUNK, lambda: torch.set_num_threads(1)) as ready:
            for number, reached in enumerate(_chunks(ready), done):
                answering = time.perf_counter()
                chunk = [decided(moment) for moment, _ in reached]
                records = answers.records(task.name, chunk)
                blind = (answers.records(task.name, chunk, QUESTION_ONLY)
                         if QUESTION_ONLY in task.controls else [])
                outcome.answer_s += time.perf_counter() - answering
                write_moments(task.latents(number), chunk)
                write_whole(task.encoded(number), json.dumps(dataclasses.asdict(reached[-1][1])))
                _write_records(task.chunk(QUESTION_ONLY, number), blind)
                _write_records(task.chunk(ANSWER, number), records)   # last: it marks the chunk
                look()
    outcome.read_s, outcome.encode_s = reader.read_s, reader.encode_s
    outcome.models = suite.describe()
    # Not what this process has encoded: a run that goes on must be described as a whole one is.
    for name in reader.sensing():
        encoder = suite.encoders[name]
        outcome.encoders[name] = {
            'id': encoder.id, 'weights_hash': encoder.weights_hash, 'trained': encoder.trained}
    problems.take(reader.encoding_problems())
    outcome.problems = list(problems)
    outcome.seconds = time.perf_counter() - began
    return outcome


def _shuffle(task: BagTask, suite: OfflineSuite, look: Callable[[], None]) -> Outcome:
    """Answer with the sensors of the partner's moments, or of this bag's half a bag away."""
    began = time.perf_counter()
    answers = OfflineAnswers(suite.answerer, suite.configuration.llm)
    asked = by_moment(task.questions)
    own, others = _Stored(task.work), _Stored(task.partner)
    shift = len(asked) // 2 if task.partner == task.work else 0
    for number in range(task.chunks_done(SHUFFLE), task.chunks):
        indices = range(number * CHUNK, min((number + 1) * CHUNK, len(asked)))
        moments = [dataclasses.replace(own[index], questions=asked[index][1])
                   for index in indices]
        seen = [others[(index + shift) % len(others)] for index in indices]
        _write_records(task.chunk(SHUFFLE, number), answers.shuffled(task.name, moments, seen))
        look()
    seconds = time.perf_counter() - began
    return Outcome(seconds=seconds, answer_s=seconds)


class _Stored:
    """The moments that the first stage left in a folder, one chunk in memory at a time."""

    def __init__(self, work: Path) -> None:
        self._chunks = sorted(work.glob('latents_*.safetensors'))
        if not self._chunks:
            raise ValueError(f'{work}: no latents there for the shuffled control')
        self._read = functools.lru_cache(maxsize=2)(read_moments)
        self._count = (len(self._chunks) - 1) * CHUNK + len(self._read(self._chunks[-1]))

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int) -> Moment:
        return self._read(self._chunks[index // CHUNK])[index % CHUNK]


@functools.lru_cache(maxsize=1)
def _loaded(described: str) -> OfflineSuite:
    """Keep the models of the last configuration: a worker's next bag has the same."""
    given = json.loads(described)
    return OfflineSuite(read_configuration(Path(given['params_file']), given['overrides']),
                        Ablation(**given['ablation']))


def _suite(task: BagTask) -> OfflineSuite:
    return _loaded(json.dumps({
        'params_file': str(task.params_file), 'overrides': task.overrides,
        'ablation': dataclasses.asdict(task.ablation)}, sort_keys=True))


def _chunks(steps: Iterator[tuple[Moment, Encoded]]) -> Iterator[list[tuple[Moment, Encoded]]]:
    while chunk := list(itertools.islice(steps, CHUNK)):
        yield chunk


def _read_encoded(path: Path) -> Encoded:
    fields = json.loads(path.read_text(encoding='utf-8'))
    return Encoded(fields['sets'], fields['refusals'],
                   tuple(Problem(**problem) for problem in fields['problems']))


def _write_records(path: Path, records: Iterable[Record]) -> None:
    write_whole(path, ''.join(f'{to_line(record)}\n' for record in records))
