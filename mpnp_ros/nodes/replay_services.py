# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The services of a replay: those of rosbag2's player, and playing until a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.parameter import Parameter
from rclpy.task import Future
from std_srvs.srv import Trigger

from mpnp_ros.nodes.managed import ManagedNode
from mpnp_ros.nodes.player import Goal, Player
from mpnp_ros.nodes.stamps import nanoseconds
from mpnp_ros.srv import Burst, IsPaused, PlayUntil, Seek, SetRate

INACTIVE = 'the replay is not active'


class ReplayServices:
    """Serve a player until `close`; without one, callers are told that the replay is inactive.

    A request takes the place of the one that still waits for its end: that one is answered with
    what came in between. `act` is called after each change, to do at once what it asks for.
    """

    def __init__(
        self, node: ManagedNode, player: Callable[[], Player | None], act: Callable[[], None],
    ) -> None:
        self._node, self._player, self._act = node, player, act
        # Requests that wait must not keep the others out.
        group = ReentrantCallbackGroup()
        handlers: tuple[tuple[Any, str, Any], ...] = (
            (Trigger, 'pause', self._on_pause), (Trigger, 'resume', self._on_resume),
            (Trigger, 'toggle_paused', self._on_toggle), (IsPaused, 'is_paused', self._on_asked),
            (Trigger, 'play_next', self._on_play_next), (Burst, 'burst', self._on_burst),
            (PlayUntil, 'play_until', self._on_play_until), (Seek, 'seek', self._on_seek),
            (SetRate, 'set_rate', self._on_set_rate))
        self._services = [node.create_service(kind, f'~/{name}', handler, callback_group=group)
                          for kind, name, handler in handlers]

    def close(self) -> None:
        """Destroy the services."""
        for service in self._services:
            self._node.destroy_service(service)

    def _on_pause(self, _request: Any, response: Any) -> Any:
        return self._hold(response, lambda _: True)

    def _on_resume(self, _request: Any, response: Any) -> Any:
        return self._hold(response, lambda _: False)

    def _on_toggle(self, _request: Any, response: Any) -> Any:
        return self._hold(response, lambda player: not player.paused)

    def _hold(self, response: Any, wanted: Callable[[Player], bool]) -> Any:
        player = self._player()
        if player is None:
            response.message = INACTIVE
            return response
        self._act()   # what is due by now still belongs to the time before
        paused = wanted(player)
        player.drop_goal('paused' if paused else 'resumed')
        player.paused = paused
        self._act()
        response.success = True
        response.message = f'{"paused" if paused else "playing"} at {player.now_ns} ns'
        return response

    def _on_asked(self, _request: Any, response: IsPaused.Response) -> IsPaused.Response:
        player = self._player()
        response.paused = player is None or player.paused
        return response

    async def _on_play_next(self, _request: Any, response: Any) -> Any:
        response.success, response.message, _ = await self._publish_next(1)
        return response

    async def _on_burst(self, request: Burst.Request, response: Burst.Response) -> Burst.Response:
        _, response.message, response.actually_burst = await self._publish_next(
            request.num_messages)
        return response

    async def _publish_next(self, messages: int) -> tuple[bool, str, int]:
        player = self._player()
        if player is None:
            return False, INACTIVE, 0
        if not player.paused:
            return False, 'only a paused replay publishes single messages', 0
        return await self._pursue(player, messages=messages)

    async def _on_play_until(
        self, request: PlayUntil.Request, response: PlayUntil.Response
    ) -> PlayUntil.Response:
        self._act()   # the clock is read after what is due
        player, time_ns = self._player(), nanoseconds(request.time)
        if player is None:
            response.message = INACTIVE
        elif time_ns < player.now_ns:
            response.message = (f'{time_ns} ns has passed: the bag stands at {player.now_ns} ns '
                                '(see the service seek)')
        else:
            response.success, response.message, _ = await self._pursue(player, until_ns=time_ns)
        return response

    async def _pursue(self, player: Player, **wanted: Any) -> tuple[bool, str, int]:
        """Give the player a goal; return whether it was reached, why not, and what was sent."""
        future: Future = Future(executor=self._node.executor)
        goal = Goal(lambda reached, reason: future.set_result((reached, reason)), **wanted)
        player.pursue(goal)
        self._act()
        reached, reason = await future
        return reached, reason, goal.published

    def _on_seek(self, request: Seek.Request, response: Seek.Response) -> Seek.Response:
        player, time_ns = self._player(), nanoseconds(request.time)
        if player is None:
            response.message = INACTIVE
        elif not player.start_ns <= time_ns <= player.end_ns:
            response.message = (f'{time_ns} ns lies outside of what is played, '
                                f'{player.start_ns} to {player.end_ns} ns')
        else:
            player.drop_goal('another place was sought')
            player.go_to(time_ns)
            self._act()
            response.success = True
            response.message = f'{"paused" if player.paused else "playing"} at {time_ns} ns'
        return response

    def _on_set_rate(self, request: SetRate.Request, response: SetRate.Response
                     ) -> SetRate.Response:
        (result,) = self._node.set_parameters([Parameter('rate', value=request.rate)])
        response.success, response.message = result.successful, result.reason
        self._act()
        return response
