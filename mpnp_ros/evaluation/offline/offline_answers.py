# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Answer the questions of some moments in one batch, and write down what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import dataclasses
from dataclasses import dataclass

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.flops import count_flops
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.question_batch import answer_many, Asked, Given
from mpnp_ros.evaluation.offline.latent_store import with_sensors_of
from mpnp_ros.evaluation.offline.moment import Moment
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.evaluation.record import QUESTION_ONLY, Record, same_answer, SHUFFLED, Use
from mpnp_ros.suite.freshness import AgeLimits, Held, Unusable
from mpnp_ros.suite.parameters import LlmParameters
from mpnp_ros.suite.request_check import BadQuestion, BadRequest, check_text
from mpnp_ros.suite.stamp import seconds_between

_DIGITS = 6   # of scores and ages in a record


@dataclass(frozen=True)
class _Taken:
    """A question that can be asked, with what it is asked with."""

    moment: Moment
    question: AskedQuestion
    held: dict[str, Held]
    note: str


class OfflineAnswers:
    """Answer as the LLM node does, many questions at a time; records come in their order."""

    def __init__(self, answerer: Answerer, parameters: LlmParameters) -> None:
        self._answerer, self._parameters = answerer, parameters
        self._blind: dict[tuple[str, tuple[str, ...]], Given] = {}
        self._limits = AgeLimits(parameters.max_age_s, parameters.future_tolerance_s)

    def records(self, bag: str, moments: Sequence[Moment], control: str = '') -> list[Record]:
        """Answer every question of the moments with the latents at hand."""
        records: list[Record | None] = []
        taken: list[_Taken] = []
        for moment in moments:
            for question, decided in moment.each():
                try:
                    check_text(question.text, question.candidates, self._parameters)
                    held, note = ({}, '') if control == QUESTION_ONLY else decided.take_up(
                        question.modalities, self._limits)
                except (BadQuestion, BadRequest, Unusable) as refusal:
                    records.append(self._record(
                        bag, decided, question, control, refusal=str(refusal)))
                    continue
                records.append(None)
                taken.append(_Taken(decided, question, held, note))
        answered = iter(self._answer(bag, taken, control))
        return [next(answered) if record is None else record for record in records]

    def shuffled(self, bag: str, moments: Sequence[Moment],
                 others: Sequence[Moment]) -> list[Record]:
        """Answer with the sensors of other moments, one for each."""
        return self.records(
            bag, [with_sensors_of(moment, other) for moment, other in zip(moments, others)],
            SHUFFLED)

    def _answer(self, bag: str, taken: Sequence[_Taken], control: str) -> list[Record]:
        shown: list[Mapping[str, Latents]] = []
        places: dict[tuple[int, tuple[str, ...]], int] = {}
        asked = []
        for one in taken:
            key = one.moment.index, tuple(sorted(one.held))
            if not one.held:
                key = -1, ()          # whatever the moment: answered from the text alone
            if key not in places:
                places[key] = len(shown)
                shown.append({name: held.latents for name, held in one.held.items()})
            asked.append(Asked(one.question.text, one.question.candidates, places[key]))
        given = self._answer_blind(asked) if control == QUESTION_ONLY else self._answer_seeing(
            shown, asked)
        return [self._record(bag, one.moment, one.question, control, one, answer)
                for one, answer in zip(taken, given)]

    def _answer_seeing(self, shown: Sequence[Mapping[str, Latents]],
                       asked: Sequence[Asked]) -> list[Given]:
        return answer_many(
            self._answerer, shown, asked, max_new_tokens=self._parameters.max_tokens,
            system_prompt=self._parameters.system_prompt or None)

    def _answer_blind(self, asked: Sequence[Asked]) -> list[Given]:
        """Answer without any latents: what was asked before has the same answer again."""
        new = {(one.text, one.candidates): one for one in asked
               if (one.text, one.candidates) not in self._blind}
        self._blind |= zip(new, self._answer_seeing([{}], [
            Asked(one.text, one.candidates, 0) for one in new.values()]))
        return [self._blind[one.text, one.candidates] for one in asked]

    def _record(self, bag: str, moment: Moment, question: AskedQuestion, control: str,
                taken: _Taken | None = None, given: Given | None = None, *,
                refusal: str = '') -> Record:
        plain = Record(
            id=question.id, bag=bag, scene=question.scene or bag, stamp_ns=question.stamp_ns,
            question=question.text, expected=question.answer, answer='',
            right=None if question.answer is None else False, control=control,
            type=question.type, hop=question.hop, condition=question.condition,
            candidates=question.candidates, refusal=refusal,
            decision=() if control else moment.decision)
        if taken is None or given is None:
            return plain
        if given.error:
            return dataclasses.replace(plain, refusal=given.error)
        return dataclasses.replace(
            plain, answer=given.text, note=taken.note,
            right=None if question.answer is None else same_answer(given.text, question.answer),
            scores=tuple(round(score, _DIGITS) for score in given.scores),
            modalities=tuple(self._use(moment, name, held)
                             for name, held in sorted(taken.held.items())),
            flops=self._flops(moment, taken))

    def _use(self, moment: Moment, modality: str, held: Held) -> Use:
        gates = self._answerer.connectors.gates([modality])[modality]
        return Use(
            modality, held.latents.encoder_id, held.stamp_ns,
            round(seconds_between(moment.asked_ns, held.stamp_ns), _DIGITS),
            held.latents.tokens.shape[0], moment.available[modality].payload_bytes,
            tuple(round(gate, _DIGITS) for gate in gates))

    def _flops(self, moment: Moment, taken: _Taken) -> dict[str, int]:
        counted = count_flops(
            self._answerer, taken.question.text,
            {name: held.latents for name, held in taken.held.items()},
            taken.question.candidates, system_prompt=self._parameters.system_prompt or None)
        encode = sum(moment.available[name].encode_flops for name in taken.held)
        return {'encode': encode, **counted}
