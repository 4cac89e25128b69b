# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Connectors of blocks that are named, rather than of the last ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tiny_models import ENCODER_HASH, latents, llm
import torch
from toy_task import CANDIDATES, samples, UNKNOWN

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.evaluate import evaluate
from mpnp_ros.core.train import train_connectors, TrainingConfig


def named(*blocks: int, **changes: Any) -> Connectors:
    given = {'connected_blocks': len(blocks), 'blocks': blocks, **changes}
    return Connectors.create(llm(), {
        name: Source(f'{name}_encoder', ENCODER_HASH, width)
        for name, width in (('camera', 12), ('lidar', 7))}, hidden=32, **given)


def test_slots_stand_at_the_named_blocks_and_nowhere_else() -> None:
    slots = named(1, 3).slots({'camera': latents()})
    assert slots is not None
    assert [block is not None for block in slots] == [True, False, True]
    assert named(1, 3).connected_blocks == 3
    assert named(0).connected_blocks == 4


def test_the_last_blocks_by_name_are_the_last_blocks() -> None:
    by_name = named(2, 3).slots({'camera': latents()})
    by_number = named(connected_blocks=2).slots({'camera': latents()})
    assert by_name is not None and by_number is not None
    for one, other in zip(by_name, by_number):
        assert one is not None and other is not None and torch.equal(one.key, other.key)


def test_they_are_trained_saved_and_answer_as_before(tmp_path: Path) -> None:
    given = named(1, 3)
    before = given['camera'].aligner.key.weight.clone()
    asked = samples(20, seed=1)
    train_connectors(llm(), given, asked, TrainingConfig(
        steps=4, batch=8, unknown_answer=UNKNOWN, precision='float32'))
    assert not torch.equal(given['camera'].aligner.key.weight, before)
    given.save(tmp_path)
    loaded = Connectors.load(tmp_path, llm())
    assert loaded['lidar'].config.places == (1, 3)
    choices = [CANDIDATES] * len(asked)
    answers = evaluate(llm(), given, asked, candidates=choices)
    assert evaluate(llm(), loaded, asked, candidates=choices) == answers
    single = Answerer(llm(), loaded).answer(asked[0].question, asked[0].latents,
                                            candidates=CANDIDATES)
    assert single.text == answers[0] and len(single.gates['camera']) == 2


@pytest.mark.parametrize(('changes', 'said'), [
    ({'blocks': (3, 1)}, 'distinct ones from 0 to 3, the lowest first'),
    ({'blocks': (1, 4)}, 'distinct ones from 0 to 3'),
    ({'blocks': (1, 1)}, 'distinct ones from 0 to 3'),
    ({'connected_blocks': 3}, '2 blocks are named, 3 are connected'),
])
def test_blocks_that_are_not_there_are_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        named(1, 3, **changes)
