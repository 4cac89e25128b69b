# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The questions that stand: watched, renewed, dropped, asked again on new latents."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import time
from typing import Any

from mpnp_ros.nodes.question import check_numbers, check_words, Code, Outcome, Refused
from mpnp_ros.nodes.question_queue import QuestionQueue
from mpnp_ros.nodes.standing_question import StandingQuestion
from mpnp_ros.suite.parameters import LlmParameters

ALL = '*'
MAX_ID_BYTES, MAX_MODALITIES = 128, 64


class StandingQuestions:
    """Keep the questions that stand and mark them due; all calls come from one thread.

    `resolve` takes a question and its outcome, on any thread.
    """

    def __init__(self, queue: QuestionQueue, limits: Callable[[], LlmParameters],
                 resolve: Callable[[StandingQuestion, Outcome], None]) -> None:
        self._queue, self._limits, self._resolve = queue, limits, resolve
        self._standing: dict[str, StandingQuestion] = {}
        self._made_up = 0

    def __iter__(self) -> Iterator[StandingQuestion]:
        return iter(self._standing.values())

    def __len__(self) -> int:
        return len(self._standing)

    def __contains__(self, standing: StandingQuestion) -> bool:
        return self._standing.get(standing.id) is standing

    def watch(self, request: Any) -> StandingQuestion:
        """Let the question of a Watch request stand, or renew it; raises Refused."""
        known = self._standing.get(request.id)
        check_numbers(request, ('max_age_s', 'min_period_s', 'lease_s'))
        if known is not None and not request.question:
            known.renew(request.lease_s)
            return known
        limits = self._limits()
        self._check(request, known, limits)
        standing = StandingQuestion(
            id=request.id or self._new_id(), text=request.question,
            candidates=tuple(request.candidates), modalities=tuple(request.modalities),
            max_age_s=request.max_age_s, min_period_s=request.min_period_s,
            only_changes=request.only_changes,
            max_tokens=request.max_tokens or limits.max_tokens,
            patience_s=limits.default_deadline_s, resolve=self._resolve)
        standing.renew(request.lease_s)
        if known is not None:
            self._queue.forget(known)
            if (known.text, known.candidates) == (standing.text, standing.candidates):
                standing.last_text = known.last_text
        self._standing[standing.id] = standing
        self._queue.mark_due([standing])
        return standing

    def unwatch(self, id: str) -> list[str]:
        """Drop a question, or all of them for '' and '*'; return the ids of those dropped."""
        ids = list(self._standing) if id in ('', ALL) else [id]
        dropped = [one for one in ids if one in self._standing]
        for one in dropped:
            self._queue.forget(self._standing.pop(one))
        return dropped

    def expire(self) -> list[str]:
        """Drop those whose lease is over and return their ids."""
        now_s = time.monotonic()
        over = [standing.id for standing in self if standing.expires_s < now_s]
        return [dropped for one in over for dropped in self.unwatch(one)]

    def on_latents(self, modality: str) -> None:
        """Mark due what uses a modality that has new latents."""
        self._queue.mark_due(
            (standing for standing in self if standing.uses(modality)), on_latents=True)

    def wake(self) -> None:
        """Begin with what stands, as when the node has become active."""
        for standing in self:
            standing.heard_s = time.monotonic()
        self._queue.mark_due(self)

    def _check(self, request: Any, known: StandingQuestion | None,
               limits: LlmParameters) -> None:
        if len(request.id.encode()) > MAX_ID_BYTES or request.id == ALL:
            raise Refused(Code.ERROR_REQUEST, f'the id must have at most {MAX_ID_BYTES} bytes '
                          f'and not be {ALL!r}')
        if request.id and known is None and not request.question:
            raise Refused(Code.ERROR_QUESTION, f'no question stands under the id {request.id!r}: '
                          'to ask one, give its text')
        check_words(request.question, request.candidates, limits)
        if len(request.modalities) > MAX_MODALITIES or not all(request.modalities):
            raise Refused(Code.ERROR_REQUEST, 'modalities: expected names, at most '
                          f'{MAX_MODALITIES}')
        if known is None and len(self) >= limits.max_watches:
            raise Refused(Code.ERROR_BUSY, f'{len(self)} questions stand already '
                          '(parameter max_watches; see the service unwatch)')

    def _new_id(self) -> str:
        while True:
            self._made_up += 1
            made = f'watch_{self._made_up}'
            if made not in self._standing:
                return made
