# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Drive through a recorded bag with the manager in charge, and note what it decides and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
import math
from pathlib import Path
import time
from types import SimpleNamespace
from typing import Any

import numpy as np
from policy_benchmark.watched import Watched

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.flops import count_flops, prepare_count
from mpnp_ros.core.question_batch import answer_many, Asked
from mpnp_ros.core.question_vectors import question_vectors
from mpnp_ros.evaluation.bags.bag import Bag
from mpnp_ros.evaluation.offline.moment import by_moment, Moment
from mpnp_ros.evaluation.offline.moment_reader import MomentReader
from mpnp_ros.evaluation.offline.offline_suite import Encoders
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.bag_questions import BagQuestions, gather
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.evaluation.record import same_answer
from mpnp_ros.manager.configured import policy_from, settings_from
from mpnp_ros.manager.decider import Decider
from mpnp_ros.manager.policies.static import StaticPolicy
from mpnp_ros.manager.policy import EVERYTHING
from mpnp_ros.manager.report import Report, State
from mpnp_ros.manager.situation import AskedQuestion as Counted
from mpnp_ros.suite.configuration import SuiteConfiguration
from mpnp_ros.suite.freshness import AgeLimits, Held
from mpnp_ros.suite.loading import load_answerer

SETTLE_S, STATUS_S = 0.1, 0.2   # until a moment is looked at, until encoders report
_RATE_HZ = 2.0                   # of an encoder without a limit: moments are half a second apart
# A drive of some seconds needs a manager that is as quick: questions of one moment count, a sensor
# is left after a second, and looked at again after three.
QUICK = {'modality_manager.remember_s': 0.4, 'modality_manager.dwell_s': 0.8,
         'modality_manager.retry_after_s': 3.0}


@dataclass(frozen=True)
class Step:
    """What was decided and what came of it at one moment; FLOPs are counted operations.

    :ivar reasons: by modality, in the manager's words.
    :ivar usability: of the modalities that were used.
    :ivar answers: questions with 'kind', 'question', 'expected', 'answer', 'right'.
    """

    at_s: float
    condition: str
    used: tuple[str, ...]
    reasons: dict[str, str]
    usability: dict[str, float]
    answers: tuple[dict[str, Any], ...]
    encode_ms: float
    answer_ms: float
    encode_flops: int
    fuse_flops: int


class ManagedDrive:
    """A bag, its questions of some kinds, and the models that answer them.

    At each moment questions of `at_once` kinds are asked, which take turns.
    """

    def __init__(self, configuration: SuiteConfiguration, kinds: Sequence[str],
                 at_once: int) -> None:
        self._configuration, self._kinds, self._at_once = configuration, tuple(kinds), at_once
        self._watched = {name: Watched(encoder, configuration.modalities[name].parameters.views)
                         for name, encoder in Encoders(configuration).items()}
        self._answerer: Answerer = load_answerer(configuration.llm)
        prepare_count(self._answerer)
        manager = configuration.manager
        self._decider = Decider(
            policy_from(manager, manager.policy, manager.modalities), settings_from(manager))
        self.problems = Problems()

    def run(self, drive: Path) -> dict[str, Any]:
        """Return the steps of the drive, ready for JSON.

        Raises ValueError for a folder that does not hold one bag with questions of the kinds.
        """
        bags = gather([drive], (), sorted(self._watched), self.problems)
        if len(bags) != 1:
            raise ValueError(f'{drive}: {len(bags)} bags with questions, expected one')
        bag = replace(bags[0], questions=of_kinds(
            bags[0].questions, self._kinds, self._at_once))
        if not bag.questions:
            raise ValueError(f'{drive}: no moment has questions of {", ".join(self._kinds)}')
        whole = self._try_all(bag)
        steps = list(self._steps(bag))
        return {'policy': self._decider.policy.name, 'modalities': sorted(self._watched),
                'kinds': list(self._kinds), 'settings': dict(QUICK), 'all': asdict(whole),
                'steps': [asdict(step) for step in steps]}

    def _try_all(self, bag: BagQuestions) -> Step:
        """Use everything once at the first moment: what each encoder costs is known from then."""
        stamp_ns, asked = by_moment(bag.questions)[0]
        first = replace(bag, questions=asked)
        attached = StaticPolicy([EVERYTHING])
        with Bag(bag.path, self.problems) as opened:
            moment = next(self._reader(opened, attached).moments(first.questions, SETTLE_S))
            self._answer(moment)   # what is loaded or compiled for the first answer is over
            step = self._step(moment, {}, stamp_ns)
            self._report(moment, stamp_ns)
        # The drive begins at this moment again, with everything unplugged.
        for name in self._watched:
            self._take(Report(name, State.IDLE), 1e-9 * moment.asked_ns + STATUS_S)
        return step

    def _steps(self, bag: BagQuestions) -> Iterator[Step]:
        moments = by_moment(bag.questions)
        llm, connectors = self._answerer.llm, self._answerer.connectors
        texts = sorted({one.text for one in bag.questions})
        vectors = dict(zip(texts, question_vectors(llm, connectors, texts)))
        block = llm.num_blocks - connectors.connected_blocks
        attached = StaticPolicy([])
        with Bag(bag.path, Problems()) as opened:
            sensed = self._reader(opened, attached).moments(bag.questions, SETTLE_S)
            for stamp_ns, asked in moments:
                now_s = 1e-9 * stamp_ns + SETTLE_S
                self._decider.pass_time(now_s)
                for one in asked:
                    problem = self._decider.take_vector(
                        one.text, np.asarray(vectors[one.text]), llm.id, block)
                    if problem:
                        raise ValueError(f'the questions have {problem}')
                    self._decider.asked.note(Counted(one.text), now_s)
                plan = self._decider.decide(now_s)
                attached.modalities = plan.selected
                for encoder in self._watched.values():
                    encoder.forget()
                moment = next(sensed)
                reasons = {choice.modality: choice.reason for choice in plan.choices}
                yield self._step(moment, reasons, moments[0][0])
                self._report(moment, moments[0][0])

    def _reader(self, bag: Bag, attached: StaticPolicy) -> MomentReader:
        return MomentReader(bag, self._configuration, self._watched, attached,
                            self._answerer.check, self.problems)

    def _step(self, moment: Moment, reasons: dict[str, str], first_ns: int) -> Step:
        held = self._held(moment)
        given, answer_ms = self._answer(moment)
        latents = {name: one.latents for name, one in held.items()}
        fused = [count_flops(self._answerer, one.text, latents, one.candidates)['fuse']
                 for one in moment.questions]
        encoded = [self._watched[name].encode_ms for name in held]
        return Step(
            1e-9 * (moment.stamp_ns - first_ns), moment.questions[0].condition,
            tuple(sorted(held)), reasons,
            {name: self._usability(name) for name in sorted(held)
             if not math.isnan(self._usability(name))},
            tuple({'kind': question.type, 'question': question.text,
                   'expected': question.answer, 'answer': answer,
                   'right': same_answer(answer, question.answer or '')}
                  for question, answer in zip(moment.questions, given)),
            sum(one or 0.0 for one in encoded), answer_ms,
            sum(moment.available[name].encode_flops for name in held), max(fused))

    def _answer(self, moment: Moment) -> tuple[list[str], float]:
        """Return the answers, '' for one that is refused, and what all together took, ms."""
        latents = {name: one.latents for name, one in self._held(moment).items()}
        began = time.perf_counter()
        given = answer_many(self._answerer, [latents],
                            [Asked(one.text, one.candidates, 0) for one in moment.questions])
        return [one.text for one in given], 1e3 * (time.perf_counter() - began)

    def _held(self, moment: Moment) -> dict[str, Held]:
        llm = self._configuration.llm
        return moment.take_up((), AgeLimits(llm.max_age_s, llm.future_tolerance_s))[0]

    def _report(self, moment: Moment, first_ns: int) -> None:
        """Tell the manager what encoders say with their status."""
        now_s, held = 1e-9 * moment.asked_ns + STATUS_S, self._held(moment)
        self._decider.take_answer(_answered(held), now_s)
        for name in self._watched:
            if name not in moment.attached:
                self._take(Report(name, State.IDLE), now_s)
            elif name not in held:
                self._take(Report(name, State.STALE, moment.missing.get(name, '')), now_s)
            else:
                self._take(self._active(moment, name, first_ns), now_s)

    def _active(self, moment: Moment, name: str, first_ns: int) -> Report:
        found, quality = moment.available[name], self._watched[name].quality
        given = self._configuration.modalities[name].parameters
        return Report(
            name, State.ACTIVE, usability=self._usability(name),
            quality_message='' if quality is None else quality.reason,
            rate_hz=given.max_rate_hz or _RATE_HZ,
            age_s=1e-9 * (moment.asked_ns - found.held.stamp_ns),
            encode_ms=self._watched[name].encode_ms or math.nan,
            encode_flops=float(found.encode_flops), payload_bytes=found.payload_bytes,
            tokens=found.latents.tokens.shape[0],
            published=1 + (moment.stamp_ns - first_ns) // 1_000_000)

    def _usability(self, name: str) -> float:
        quality = self._watched[name].quality
        return math.nan if quality is None else quality.usability

    def _take(self, report: Report, now_s: float) -> None:
        known = self._decider.contexts.get(report.modality)
        if known is not None and report.state != State.ACTIVE:
            report = replace(report, published=known.report.published)
        self._decider.take_report(report, now_s)


def _answered(held: Mapping[str, Held]) -> Any:
    """Return what the manager needs of an Answer to know how often latents are fused."""
    return SimpleNamespace(
        question='', question_id='', named=[], error_code=0, success=True,
        timing=SimpleNamespace(core_ms=0.0, fuse_ms=0.0),
        modalities=[SimpleNamespace(tokens=one.latents.tokens.shape[0]) for one in held.values()])


def of_kinds(questions: Sequence[AskedQuestion], kinds: Sequence[str],
             at_once: int) -> tuple[AskedQuestion, ...]:
    """Return the first question of `at_once` kinds at each moment that has so many of them.

    The kinds take turns from moment to moment.
    """
    kept: list[AskedQuestion] = []
    for number, (_, asked) in enumerate(by_moment(questions)):
        able = [one for one in asked if one.answer is not None and one.candidates]
        turn = number * at_once % len(kinds)
        found = [next((one for one in able if one.type == kind), None)
                 for kind in (*kinds[turn:], *kinds[:turn])]
        few = [one for one in found if one is not None][:at_once]
        kept += few if len(few) == at_once else []
    return tuple(kept)
