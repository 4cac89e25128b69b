# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the inference thread does with questions: look up their latents, ask the model, resolve."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
import time

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.frame_questions import answer_frame, FrameQuestion
from mpnp_ros.nodes.attachments import Attachments
from mpnp_ros.nodes.question import Code, Frame, Outcome, outcome_of, Question, Refused
from mpnp_ros.nodes.question_queue import QuestionQueue
from mpnp_ros.suite.parameters import LlmParameters

MAX_TOLD = 1024


class Answering:
    """Answer the questions that come out of the queue, those of one batch from one frame.

    `on_vector` gets the text and the vector of each question that is new.
    """

    def __init__(self, answerer: Answerer, attached: Attachments, queue: QuestionQueue,
                 now_ns: Callable[[], int], parameters: Callable[[], LlmParameters],
                 on_vector: Callable[[str, list[float]], None]) -> None:
        self._answerer, self._attached, self._queue = answerer, attached, queue
        self._now_ns, self._parameters = now_ns, parameters
        self._on_vector = on_vector
        self._told: OrderedDict[str, None] = OrderedDict()

    def frame(self, question: Question) -> Frame:
        """Return the latents that a question may use now; raises Refused. Any thread may call."""
        given, now_ns = self._parameters(), self._now_ns()
        held, note = self._attached.latents_for(
            question, now_ns, default_max_age_s=given.max_age_s,
            future_tolerance_s=given.future_tolerance_s)
        if question.standing and not held:
            raise Refused(Code.ERROR_MODALITY, note.removeprefix('text only: '))
        return Frame(held, now_ns, note)

    def answer(self, questions: Sequence[Question]) -> None:
        """Answer questions that go into one batch; on the inference thread only."""
        waiting = []
        for question in questions:
            over = question.over()
            if over is None:
                waiting.append(question)
            else:
                question.resolve(over)
        if not waiting:
            return
        try:
            frame = self.frame(waiting[0])
        except Refused as refused:
            for question in waiting:
                if not question.standing:    # it waits for latents until somebody must be told
                    question.resolve(Outcome(error_code=refused.code, message=str(refused)))
            return
        if len(waiting) == 1:
            self._answer_one(waiting[0], frame)
        else:
            self._answer_together(waiting, frame)

    def _answer_one(self, question: Question, frame: Frame) -> None:
        began_s = time.monotonic()
        tokens = -1

        def should_stop() -> bool:
            nonlocal tokens
            tokens += 1             # asked before every token
            return question.over() is not None or self._queue.stops(question)

        def on_token(piece: str) -> None:
            assert question.on_token is not None
            question.on_token(piece, tokens + 1)

        result = self._answerer.answer(
            question.text,
            {modality: held.latents for modality, held in frame.held.items()},
            candidates=question.candidates,
            max_new_tokens=question.max_tokens,
            temperature=question.temperature,
            seed=question.seed,
            system_prompt=self._parameters().system_prompt or None,
            should_stop=should_stop,
            on_token=on_token if question.on_token is not None else None,
        )
        outcome = outcome_of(result, question.candidates, frame,
                             queue_ms=(began_s - question.arrived_s) * 1e3)
        if result.finish_reason == 'stopped':
            why = question.over() or Outcome(
                error_code=Code.ERROR_BUSY, message='another question came first')
            outcome.success, outcome.error_code = False, why.error_code
            outcome.message = f'{why.message}; the text is what there was by then'
        elif question.candidates:
            outcome = question.over() or outcome
        question.resolve(outcome)
        if not question.text_only:
            self._tell(question, together=False)

    def _answer_together(self, questions: Sequence[Question], frame: Frame) -> None:
        began_s = time.monotonic()
        results = answer_frame(
            self._answerer,
            {modality: held.latents for modality, held in frame.held.items()},
            [FrameQuestion(question.text, question.candidates) for question in questions],
            system_prompt=self._parameters().system_prompt or None)
        for question, result in zip(questions, results):
            if isinstance(result, ValueError):
                question.resolve(failed(result))
            else:
                question.resolve(question.over() or outcome_of(
                    result, question.candidates, frame,
                    queue_ms=(began_s - question.arrived_s) * 1e3))
                if not question.text_only:
                    self._tell(question, together=True)

    def _tell(self, question: Question, *, together: bool) -> None:
        """Hand out the vector of a question that is new, now that it is at hand."""
        if question.text in self._told:
            self._told.move_to_end(question.text)
            return
        self._told[question.text] = None
        if len(self._told) > MAX_TOLD:
            self._told.popitem(last=False)
        vector = self._answerer.question_vector(
            question.text, question.candidates, together=together,
            system_prompt=self._parameters().system_prompt or None)
        if vector is not None:
            self._on_vector(question.text, vector)


def failed(error: Exception) -> Outcome:
    """Return the outcome of a question on which inference failed."""
    return Outcome(error_code=Code.ERROR_INTERNAL,
                   message=f'inference failed: {type(error).__name__}: {error}')
