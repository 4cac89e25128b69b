# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""LoRA in the last blocks: learned, saved beside connectors, loaded, taken out again."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from tiny_models import connectors, llm, stock, tokenizer, WEIGHTS_HASH
import torch
from toy_task import samples, UNKNOWN

from mpnp_ros.core.connector_file import ConnectorMismatch
from mpnp_ros.core.connector_training import ConnectorTraining
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.lora import attach_lora, Lora, LoraConfig
from mpnp_ros.core.lower_states import LowerStates
from mpnp_ros.core.training_config import TrainingConfig
from mpnp_ros.core.upper import UpperBlocks
from mpnp_ros.suite.loading import load_answerer
from mpnp_ros.suite.parameters import LlmParameters

IDS = torch.tensor([list(range(20, 32))])
CONFIG = TrainingConfig(steps=3, batch=8, unknown_answer=UNKNOWN, precision='float32',
                        lora_learning_rate=0.05)


def own_llm(family: str = 'llama') -> LanguageModel:
    """Return a model that a test may change."""
    return LanguageModel(copy.deepcopy(stock(family)), tokenizer(), id=f'tiny-{family}',
                         weights_hash=WEIGHTS_HASH)


def logits(model: LanguageModel) -> torch.Tensor:
    with torch.no_grad():
        return model.model(input_ids=IDS, use_cache=False).logits


def trained(model: LanguageModel, config: LoraConfig) -> Lora:
    lora = Lora(model, 2, config)
    training = ConnectorTraining(model, connectors(model), samples(10, seed=1), CONFIG, lora=lora)
    while not training.finished:
        training.advance()
    return lora


@pytest.mark.parametrize('family', ['llama', 'gpt_neox', 'opt', 'gemma3'])
def test_fresh_adapters_change_nothing_and_trained_ones_do(family: str) -> None:
    model = own_llm(family)
    before = logits(model)
    Lora(model, 2, LoraConfig(rank=2)).detach()
    assert torch.equal(logits(model), before)
    lora = trained(model, LoraConfig(rank=2))
    assert not torch.allclose(logits(model), before, atol=1e-3)
    lora.detach()
    assert torch.equal(logits(model), before)
    assert model.model.state_dict().keys() == stock(family).state_dict().keys()


def test_states_that_were_computed_before_stay_valid() -> None:
    model = own_llm()
    parts = UpperBlocks(model.model, model.attention.architecture, 2)
    before = LowerStates(model.model, parts).prompt(range(20, 32)).states
    trained(model, LoraConfig(rank=2, targets=('q_proj', 'down_proj')))
    after = LowerStates(model.model, parts).prompt(range(20, 32)).states
    assert torch.equal(before, after)
    with torch.no_grad():
        torch.testing.assert_close(parts.upper(before, IDS), logits(model), rtol=0, atol=1e-5)


def test_what_was_saved_answers_as_before(tmp_path: Path) -> None:
    model = own_llm()
    lora = trained(model, LoraConfig(rank=2, dropout=0.2))
    lora.save(tmp_path)
    fresh = own_llm()
    attached = attach_lora(tmp_path, fresh)
    assert attached is not None and attached.config == lora.config
    assert torch.equal(logits(fresh), logits(model))
    assert attach_lora(tmp_path / 'none', fresh) is None


def test_the_answerer_loads_it_with_the_connectors(tmp_path: Path) -> None:
    stock('llama').save_pretrained(tmp_path / 'model')
    tokenizer().save_pretrained(tmp_path / 'model')
    model = LanguageModel.load(tmp_path / 'model')
    connectors(model).save(tmp_path / 'connectors')
    trained(model, LoraConfig(rank=2)).save(tmp_path / 'connectors')
    given = LlmParameters(model=str(tmp_path / 'model'), connectors=str(tmp_path / 'connectors'))
    assert torch.equal(logits(load_answerer(given).llm), logits(model))


@pytest.mark.parametrize(('harm', 'said'), [
    ('hash', "was trained for the LLM 'tiny-llama' with weights other"),
    ('truncated', 'cannot be read'),
    ('rank', 'its weights are not those that its manifest tells of'),
])
def test_adapters_that_do_not_fit_are_refused(tmp_path: Path, harm: str, said: str) -> None:
    Lora(model := own_llm(), 2, LoraConfig(rank=2)).save(tmp_path)
    manifest = tmp_path / 'lora' / 'mpnp_ros.json'
    content = json.loads(manifest.read_text())
    content |= {'hash': {'llm_weights_hash': 'other'}, 'rank': {'rank': 4}}.get(harm, {})
    manifest.write_text(json.dumps(content))
    if harm == 'truncated':
        weights = tmp_path / 'lora' / 'adapter_model.safetensors'
        weights.write_bytes(weights.read_bytes()[:100])
    fresh = own_llm()
    with pytest.raises(ConnectorMismatch, match=said):
        attach_lora(tmp_path, fresh)
    assert fresh.model.state_dict().keys() == stock('llama').state_dict().keys()
    with pytest.raises(ValueError, match='has LoRA adapters already'):
        Lora(model, 2, LoraConfig())


def test_targets_that_are_not_there_are_refused() -> None:
    with pytest.raises(ValueError, match='no linear layer of its last 2 blocks is called nothing'):
        Lora(llm(), 2, LoraConfig(targets=('nothing',)))
