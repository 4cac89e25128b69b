# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The `ask` action: an answer that arrives piece by piece and can be cancelled at any token."""

from __future__ import annotations

import collections
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from rclpy.action import ActionServer, CancelResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node

from mpnp_ros.action import Ask
from mpnp_ros.nodes.question import Code, Outcome

CallSoon = Callable[..., None]


class Answering(Protocol):
    """Answer a request.

    `on_token` gets new text and the number of tokens so far, on the inference thread.
    """

    def __call__(self, request: Any, *, on_token: Callable[[str, int], None],
                 canceled: Callable[[], bool]) -> Awaitable[Outcome]:
        """Return the outcome once there is one."""


class AskServer:
    """Serve `ask` with the same checks, queue and inference thread as the query service.

    A question that cannot be answered ends its goal as aborted, with the code and the sentence
    that a query would have got: a rejected goal could not say why.
    """

    def __init__(self, node: Node, answer: Answering, call_soon: CallSoon,
                 group: CallbackGroup) -> None:
        self._answer = answer
        self._call_soon = call_soon
        self._server = ActionServer(
            node, Ask, 'ask', self._execute, callback_group=group,
            cancel_callback=lambda _goal: CancelResponse.ACCEPT)

    def close(self) -> None:
        """Stop serving."""
        self._server.destroy()

    async def _execute(self, goal: ServerGoalHandle) -> Ask.Result:
        # Tasks of the executor do not keep their order, hence one queue for the pieces.
        pieces: collections.deque[str] = collections.deque()
        tokens = 0

        def publish() -> None:
            delta = ''
            while pieces:
                delta += pieces.popleft()
            if delta and goal.is_active:
                goal.publish_feedback(Ask.Feedback(delta=delta, output_tokens=tokens))

        def on_token(piece: str, so_far: int) -> None:
            nonlocal tokens
            tokens = so_far
            pieces.append(piece)
            self._call_soon(publish)

        outcome = await self._answer(
            goal.request, on_token=on_token, canceled=lambda: goal.is_cancel_requested)
        tokens = outcome.timing.output_tokens
        publish()
        if outcome.success:
            goal.succeed()
        elif outcome.error_code == Code.ERROR_CANCELED:
            goal.canceled()
        else:
            goal.abort()
        result: Ask.Result = outcome.fill(Ask.Result())
        return result
