# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The service `plan_modalities`: what the manager would use for a question."""

from __future__ import annotations

from collections.abc import Callable
import math
import time

import numpy as np

from mpnp_ros.manager.decider import Decider
from mpnp_ros.manager.policies.base import Plan
from mpnp_ros.manager.policy import check_modalities
from mpnp_ros.manager.situation import AskedQuestion
from mpnp_ros.nodes.decision_message import write_cost
from mpnp_ros.srv import PlanModalities

MOST_BYTES = 4096   # of a question, as the LLM node's default


class PlanService:
    """Answer for one question, and count it as asked where the request says so.

    `decide` is called then; it returns the plan for all questions.
    """

    def __init__(self, decider: Decider, decide: Callable[[], Plan]) -> None:
        self._decider, self._decide = decider, decide

    def answer(
        self, request: PlanModalities.Request, response: PlanModalities.Response
    ) -> PlanModalities.Response:
        """Fill the response of a request."""
        try:
            question = self._question(request)
        except ValueError as error:
            response.success, response.message = False, str(error)
            return response
        now_s = time.monotonic()
        plan = self._decider.plan_for(question, now_s)
        response.selected = plan.selected
        if request.keep_s > 0.0:
            self._decider.asked.note(question, now_s, keep_s=request.keep_s)
            response.selected = self._decide().selected
        response.success = True
        response.policy = self._decider.policy.name
        response.modalities = [choice.modality for choice in plan.choices]
        response.reasons = [choice.reason for choice in plan.choices]
        write_cost(plan, response)
        return response

    def _question(self, request: PlanModalities.Request) -> AskedQuestion:
        size = len(request.question.encode())
        if not request.question.strip() or size > MOST_BYTES:
            raise ValueError(f'the question has {size} bytes, expected 1 to {MOST_BYTES}')
        if not (request.keep_s >= 0.0 and math.isfinite(request.keep_s)):
            raise ValueError(f'keep_s is {request.keep_s}, expected 0 or more')
        modalities = check_modalities(request.modalities)
        unknown = sorted(set(modalities) - set(self._decider.contexts))
        if unknown:
            raise ValueError(f'unknown modality {", ".join(unknown)}; known: '
                             f'{", ".join(sorted(self._decider.contexts)) or "none yet"}')
        vector = np.array(request.vector, dtype=np.float64) if len(request.vector) else None
        return AskedQuestion(request.question, tuple(modalities), vector=vector)
