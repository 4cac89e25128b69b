# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A node killed under load takes no other along, and is used again when it returns."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from running_suite import MAX_AGE_S, RunningSuite
from user import User

from mpnp_ros.msg import ModalityStatus


def without_encoder(user: User) -> None:
    user.until(user.does_without, 'an answer without the lidar', 10.0)
    user.until(lambda: user.decision.modalities == ['lidar'] and not user.decision.selected[0],
               'the manager to do without it', 10.0)
    [reason] = user.decision.reasons
    assert 'its encoder is offline' in reason


def without_manager(user: User) -> None:
    # The decision in force stays in force.
    assert all(user.uses_lidar() for _ in range(20))


def without_llm(user: User) -> None:
    user.until(lambda: user.status.state == ModalityStatus.IDLE, 'the encoder to idle', 40.0)
    chosen = user.select('*')
    assert chosen is not None and chosen.selected == ['lidar']


@pytest.mark.parametrize(('name', 'meanwhile'), [
    ('lidar_encoder', without_encoder), ('modality_manager', without_manager),
    ('llm', without_llm)])
def test_the_others_go_on_and_it_is_used_again(
    suite: RunningSuite, user: User, name: str, meanwhile: Callable[[User], None]
) -> None:
    user.until(user.uses_lidar, 'the lidar in use')
    user.until(lambda: user.watch('stands'), 'a standing question')
    suite.kill(name)
    meanwhile(user)
    assert list(suite.ended()) == [name]
    suite.start(name)
    # Nobody else than the manager takes the lidar out and back in.
    user.until(lambda: user.select() is not None, 'the manager to choose')
    user.until(user.does_without, 'an answer without the lidar')
    user.until(lambda: user.select('*') is not None, 'the manager to choose again')
    user.until(user.uses_lidar, f'the lidar in use after the return of {name}')
    if name == 'llm':
        user.until(lambda: user.watch('stands'), 'the question to stand again')
    stood = user.answers
    user.until(lambda: user.answers > stood, 'an answer to the standing question')
    assert 0.0 < user.oldest_s <= MAX_AGE_S
    assert not suite.ended()
