# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""From latents to slots: gates, absent modalities, azimuth, and what does not fit."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest
from tiny_models import connectors, ENCODER_HASH, latents, llm
import torch
from torch import Tensor

from mpnp_ros.core.aligner import Aligner
from mpnp_ros.core.attention import Slots
from mpnp_ros.core.connector_file import ConnectorMismatch
from mpnp_ros.core.connectors import Connectors, TokenBatch
from mpnp_ros.core.gate import Gate

PROMPT = list(range(20, 50))


def logits(slots: Slots | None) -> Tensor:
    given = llm()
    with torch.no_grad(), given.attention.attached(slots):
        return given.model(input_ids=torch.tensor([PROMPT]), use_cache=False).logits


def batch(given: Connectors, rows: int, tokens: int = 6) -> TokenBatch:
    width = given['camera'].config.width
    return TokenBatch(torch.randn(rows, tokens, width), torch.zeros(rows, tokens),
                      torch.zeros(rows, tokens, dtype=torch.int64),
                      torch.ones(rows, tokens, dtype=torch.bool))


def test_latents_become_slots_of_the_last_blocks() -> None:
    given = connectors(llm(), blocks=3)
    slots = given.slots({'camera': latents()})
    assert slots is not None and len(slots) == 3
    for block in slots:
        assert block is not None
        assert block.key.shape == block.value.shape == (1, 2, 6, 8)
        assert block.log_gate.shape == (1, 6)


def test_slots_of_several_modalities_stand_in_the_connectors_order() -> None:
    given = connectors(llm())
    camera, lidar = latents(), latents('lidar', tokens=4, width=7)
    both = given.slots({'lidar': lidar, 'camera': camera})
    first, second = given.slots({'camera': camera}), given.slots({'lidar': lidar})
    assert both is not None and first is not None and second is not None
    for block, a, b in zip(both, first, second):
        assert block is not None and a is not None and b is not None
        assert torch.equal(block.key, torch.cat([a.key, b.key], dim=2))
        assert torch.equal(block.value, torch.cat([a.value, b.value], dim=2))


def test_no_latents_make_no_slots() -> None:
    assert connectors(llm()).slots({}) is None


def test_closing_every_gate_unplugs_the_modality_exactly() -> None:
    given = connectors(llm())
    given['camera'].gate.close()
    assert given.slots({'camera': latents()}) is None
    assert given.gates(['camera']) == {'camera': [0.0, 0.0]}


def test_closing_one_gate_leaves_that_block_without_the_modality() -> None:
    given = connectors(llm())
    given['camera'].gate.close(0)
    slots = given.slots({'camera': latents()})
    assert slots is not None and slots[0] is None and slots[1] is not None
    given['camera'].gate.open(0)
    assert given.slots({'camera': latents()})[0] is not None


def test_a_modality_absent_from_a_row_leaves_the_row_without_it() -> None:
    given = connectors(llm())
    present = batch(given, rows=2)
    assert present.present is not None
    present.present[0] = False
    with torch.no_grad():
        slots = given.fuse({'camera': present})
    ids = torch.tensor([PROMPT, PROMPT])
    with torch.no_grad(), llm().attention.attached(slots):
        result = llm().model(input_ids=ids, use_cache=False).logits
    torch.testing.assert_close(result[:1], logits(None), rtol=0, atol=2e-5)
    assert float((result[1:] - logits(None)).abs().max()) > 1e-4


def test_padding_tokens_do_not_count() -> None:
    given = connectors(llm())
    short = batch(given, rows=1, tokens=4)
    pad = TokenBatch(torch.cat([short.tokens, torch.full((1, 3, 12), 9.0)], dim=1),
                     torch.zeros(1, 7), torch.zeros(1, 7, dtype=torch.int64),
                     torch.tensor([[True] * 4 + [False] * 3]))
    with torch.no_grad():
        results = [logits(given.fuse({'camera': tokens})) for tokens in (short, pad)]
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=2e-5)


def test_modalities_may_connect_to_different_numbers_of_blocks() -> None:
    deep, shallow = connectors(llm(), {'camera': 12}, blocks=3), connectors(
        llm(), {'lidar': 7}, blocks=1)
    both = Connectors({'camera': deep['camera'], 'lidar': shallow['lidar']})
    slots = both.slots({'camera': latents(), 'lidar': latents('lidar', tokens=4, width=7)})
    assert slots is not None
    assert [block and block.key.shape[2] for block in slots] == [6, 6, 10]


def test_a_gates_value_is_what_its_slots_weigh() -> None:
    gate = Gate(3, initial=0.25)
    assert gate.values() == pytest.approx([0.25] * 3)
    assert gate.log().tolist() == pytest.approx([math.log(0.25)] * 3)


@pytest.mark.parametrize('block', [-1, 2])
def test_a_gate_that_does_not_exist_is_refused(block: int) -> None:
    with pytest.raises(ValueError, match='expected 0 to 1'):
        Gate(2).close(block)


def test_left_and_right_give_different_slots() -> None:
    given = connectors(llm())
    ahead = latents()
    left, right = (dataclasses.replace(ahead, azimuth=torch.full((6,), angle))
                   for angle in (math.pi / 2, -math.pi / 2))
    slots = [given.slots({'camera': turned}) for turned in (left, right)]
    assert float((slots[0][0].key - slots[1][0].key).abs().max()) > 0.01


def test_azimuth_is_an_angle_and_may_be_missing() -> None:
    torch.manual_seed(0)
    aligner = Aligner(12, 16, 2, 2, 8)
    tokens, view = torch.randn(1, 6, 12), torch.zeros(1, 6, dtype=torch.int64)
    angle = torch.linspace(-3.0, 3.0, 6)[None]
    turned = aligner(tokens, angle + 2 * math.pi, view)[0]
    torch.testing.assert_close(aligner(tokens, angle, view)[0], turned, rtol=0, atol=1e-5)
    nowhere = aligner(tokens, torch.full((1, 6), torch.nan), view)[0]
    assert bool(torch.isfinite(nowhere).all())


def test_tokens_without_azimuth_pass_no_nan_to_the_gradient() -> None:
    aligner = Aligner(12, 16, 2, 2, 8)
    keys, values = aligner(torch.randn(1, 6, 12), torch.full((1, 6), torch.nan),
                           torch.zeros(1, 6, dtype=torch.int64))
    (keys.sum() + values.sum()).backward()
    for name, parameter in aligner.named_parameters():
        assert bool(torch.isfinite(parameter.grad).all()), name


@pytest.mark.parametrize(('change', 'words'), [
    ({'encoder_id': 'other'}, "from encoder 'other', the connector was trained for "
                              "'camera_encoder'"),
    ({'weights_hash': 'f' * 64}, 'encoder weights ffffffffffff, .*trained for eeeeeeeeeeee'),
    ({'tokens': torch.zeros(6, 13)}, 'are 13 wide, the connector takes 12'),
    ({'view': torch.tensor([0, 1, 2, 3, 4, 32])}, 'views 0 to 32, expected 0 to 31'),
    ({'view': torch.tensor([-1, 1, 2, 3, 4, 5])}, 'views -1 to 5'),
    ({'modality': 'radar'}, "modality 'radar' has no connector.*camera, lidar"),
])
def test_latents_a_connector_was_not_trained_for_are_refused(
        change: dict[str, Any], words: str) -> None:
    with pytest.raises(ConnectorMismatch, match=words):
        connectors(llm()).check(dataclasses.replace(latents(), **change))


def test_latents_under_the_wrong_name_are_refused() -> None:
    with pytest.raises(ConnectorMismatch, match="'lidar' are of modality 'camera'"):
        connectors(llm()).slots({'lidar': latents()})


def test_the_same_seed_makes_the_same_connectors() -> None:
    a, b, other = (connectors(llm(), seed=seed).state_dict() for seed in (3, 3, 4))
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not all(torch.equal(a[name], other[name]) for name in a)


def test_creating_connectors_leaves_the_random_state_alone() -> None:
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    connectors(llm())
    assert torch.equal(torch.rand(3), expected)


def test_encoders_are_told_apart_by_all_of_their_hash() -> None:
    given = connectors(llm())
    close = dataclasses.replace(latents(), weights_hash=ENCODER_HASH[:-1] + 'f')
    with pytest.raises(ConnectorMismatch):
        given.check(close)
