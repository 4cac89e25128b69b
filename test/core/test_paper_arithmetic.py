# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""`faithful` connectors compute what the paper says, checked against it written out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from tiny_models import connectors, ENCODER_HASH, HEADS, HIDDEN, latents, llm, model, tokenizer
import torch
from torch import Tensor

from mpnp_ros.core.connector_file import ConnectorMismatch
from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.llm import LanguageModel


def perceptron(state: dict[str, Tensor], prefix: str, tokens: Tensor) -> Tensor:
    """Return Linear(W, 4 W) - GELU - Linear(4 W, out) of tokens [T, W], from its weights."""
    inner = tokens @ state[f'{prefix}.0.weight'].T + state[f'{prefix}.0.bias']
    inner = 0.5 * inner * (1.0 + torch.erf(inner / math.sqrt(2.0)))
    return inner @ state[f'{prefix}.2.weight'].T + state[f'{prefix}.2.bias']


def test_slots_are_shared_aligners_scaled_by_one_sigmoid_per_block() -> None:
    given = connectors(llm(), faithful=True)
    camera = latents()
    state = given['camera'].aligner.state_dict()
    weight = given['camera'].gate.state_dict()['weight']
    slots = given.slots({'camera': camera})
    assert slots is not None
    for block, w in zip(slots, weight):
        assert block is not None
        alpha = 1.0 / (1.0 + math.exp(-float(w)))
        for name, slot in (('key', block.key), ('value', block.value)):
            flat = alpha * perceptron(state, name, camera.tokens)     # [T, kv_heads * D]
            expected = flat.view(6, 2, 8).permute(1, 0, 2)[None]      # [1, kv_heads, T, D]
            torch.testing.assert_close(slot, expected, rtol=1e-5, atol=1e-6)
        assert bool((block.log_gate == 0.0).all())


def test_attention_is_that_over_text_and_scaled_slots_together() -> None:
    """One OPT block of the paper's kind, its attention written out from the weights."""
    paper_llm = LanguageModel(
        model('opt', num_hidden_layers=1), tokenizer(), id='opt', weights_hash='a' * 64)
    given = Connectors.create(
        paper_llm, {'camera': Source('camera_encoder', ENCODER_HASH, 12)}, connected_blocks=1,
        faithful=True)
    slots = given.slots({'camera': latents()})
    assert slots is not None and slots[0] is not None
    layer = paper_llm.attention.architecture.attentions[0]
    states: list[tuple[Tensor, Tensor]] = []
    handle = layer.register_forward_hook(
        lambda module, arguments, options, result: states.append(
            (options['hidden_states'], result[0])), with_kwargs=True)
    try:
        with torch.no_grad(), paper_llm.attention.attached(slots):
            paper_llm.model(input_ids=torch.tensor([[5, 6, 7, 8]]), use_cache=False)
    finally:
        handle.remove()
    text, result = states[0]                                          # [1, 4, hidden]
    width = HIDDEN // HEADS
    output = []
    for head in range(HEADS):
        part = slice(head * width, (head + 1) * width)
        query, key, value = (
            (text[0] @ projection.weight.T + projection.bias)[:, part]
            for projection in (layer.q_proj, layer.k_proj, layer.v_proj))
        keys = torch.cat([slots[0].key[0, head], key])                # [S + 4, width]
        values = torch.cat([slots[0].value[0, head], value])
        scores = query @ keys.T / math.sqrt(width)
        for token in range(4):
            scores[token, 6 + token + 1:] = -math.inf
        output.append(scores.softmax(-1) @ values)
    expected = torch.cat(output, dim=1) @ layer.out_proj.weight.T + layer.out_proj.bias
    torch.testing.assert_close(result[0], expected, rtol=0, atol=1e-5)


def test_gates_begin_between_those_of_minus_one_and_one() -> None:
    gates = connectors(llm(), faithful=True, blocks=4).gates()['camera']
    assert all(0.2689 <= gate <= 0.7311 for gate in gates)
    assert len(set(gates)) == 4


def test_all_modalities_share_one_vector_of_gates(tmp_path: Path) -> None:
    given = connectors(llm(), faithful=True)
    assert given['camera'].gate is given['lidar'].gate
    given.save(tmp_path)
    loaded = Connectors.load(tmp_path, llm())
    assert loaded['camera'].gate is loaded['lidar'].gate
    assert loaded.gates() == given.gates()


def test_paper_connectors_are_not_mixed_with_others() -> None:
    ours, papers = connectors(llm()), connectors(llm(), faithful=True)
    with pytest.raises(ValueError, match="mix the paper's arithmetic"):
        Connectors({'camera': ours['camera'], 'lidar': papers['lidar']})


def test_paper_connectors_trained_apart_are_refused(tmp_path: Path) -> None:
    for seed, modality, width in ((1, 'camera', 12), (2, 'lidar', 7)):
        alone = connectors(llm(), {modality: width}, faithful=True, seed=seed)
        alone.training_summary[modality] = {'steps': 1}
        alone.save(tmp_path)
    with pytest.raises(ConnectorMismatch, match='were trained apart; train them together'):
        Connectors.load(tmp_path, llm())
