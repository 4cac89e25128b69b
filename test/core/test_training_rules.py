# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What training promises: a frozen LLM, states computed once, repeatability, clear refusals."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from tiny_models import BLOCKS, connectors, latents, llm
import torch
from toy_task import samples, UNKNOWN

from mpnp_ros.core.connector_file import ConnectorMismatch
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.samples import gather_tokens, TrainingSample
from mpnp_ros.core.text_states import Text, TextStates
from mpnp_ros.core.train import one_cycle, train_connectors, TrainingConfig, TrainingDiverged
from mpnp_ros.core.upper import UpperBlocks

SAMPLES = samples(20, seed=1)
QUICK = TrainingConfig(steps=4, batch=8, unknown_answer=UNKNOWN, precision='float32')


def trained(config: TrainingConfig = QUICK, family: str = 'llama') -> Connectors:
    given = connectors(llm(family))
    train_connectors(llm(family), given, SAMPLES, config)
    return given


@pytest.mark.parametrize('family', ['llama', 'qwen2', 'opt', 'gpt_neox', 'gemma3'])
def test_the_llm_stays_as_it_is(family: str) -> None:
    before = {name: tensor.clone() for name, tensor in llm(family).model.state_dict().items()}
    trained(family=family)
    for name, tensor in llm(family).model.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    assert all(parameter.grad is None for parameter in llm(family).model.parameters())


def test_every_parameter_of_a_connector_is_trained() -> None:
    fresh, given = connectors(llm()), trained()
    for (name, before), after in zip(fresh.named_parameters(), given.parameters()):
        assert not torch.equal(before, after), name


def test_parameters_that_need_no_gradient_stay_as_they_are() -> None:
    given = connectors(llm())
    given['camera'].requires_grad_(False)
    before = {name: tensor.clone() for name, tensor in given['camera'].state_dict().items()}
    train_connectors(llm(), given, SAMPLES, QUICK)
    for name, tensor in given['camera'].state_dict().items():
        assert torch.equal(tensor, before[name]), name


def test_blocks_below_the_connected_ones_run_once_per_question_not_per_step() -> None:
    calls: list[int] = []
    lowest = llm().attention.architecture.blocks[0]

    def count(steps: int) -> int:
        calls.clear()
        handle = lowest.register_forward_hook(lambda *_: calls.append(1))
        try:
            trained(dataclasses.replace(QUICK, steps=steps))
        finally:
            handle.remove()
        return len(calls)
    assert count(4) == count(12) < 12


@pytest.mark.parametrize('family', ['llama', 'opt', 'gpt_neox', 'mistral', 'gemma3'])
@pytest.mark.parametrize('blocks', [1, 2, BLOCKS])
def test_the_logits_of_a_training_batch_are_those_of_full_passes(family: str, blocks: int) -> None:
    """Texts of different lengths, padded, from stored states, with slots of their own."""
    model, given = llm(family), connectors(llm(family), blocks=blocks)
    asked = [('short?', 'red'), ('what is the colour of the nearest car?', 'unknown')]
    texts = [Text(tuple(model.prompt(question)), tuple(model.format.answer(answer)))
             for question, answer in asked]
    upper = UpperBlocks(model.model, model.attention.architecture, blocks)
    batch = TextStates(model, upper, texts).batch(texts)
    chosen, attached = SAMPLES[:2], [['camera'], ['camera', 'lidar']]
    with torch.no_grad():
        slots = given.fuse(gather_tokens(chosen, attached, model.device))
        with model.attention.attached(slots):
            logits = upper.upper(batch.states, batch.ids, positions=batch.positions)
        for row, (text, sample, names) in enumerate(zip(texts, chosen, attached)):
            own = given.slots({name: sample.latents[name] for name in names})
            with model.attention.attached(own):
                full = model.model(input_ids=torch.tensor([[*text.prompt, *text.answer]]),
                                   use_cache=False).logits[0, len(text.prompt) - 1:-1]
            assert batch.targets[row, :len(text.answer)].tolist() == list(text.answer)
            assert batch.counts[row].tolist() == [
                index < len(text.answer) for index in range(batch.counts.shape[1])]
            torch.testing.assert_close(
                logits[row, :len(text.answer)], full, rtol=0, atol=5e-5)


def test_the_same_seed_trains_the_same_connectors() -> None:
    a, b = trained().state_dict(), trained().state_dict()
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_another_seed_trains_others() -> None:
    a, b = trained().state_dict(), trained(dataclasses.replace(QUICK, seed=1)).state_dict()
    assert not torch.equal(a['_connectors.0.aligner.key.weight'],
                           b['_connectors.0.aligner.key.weight'])


def test_bfloat16_trains_float32_connectors() -> None:
    given = trained(dataclasses.replace(QUICK, precision='bfloat16'))
    exact = trained()
    for (name, a), b in zip(given.named_parameters(), exact.parameters()):
        assert a.dtype == torch.float32 and bool(torch.isfinite(a).all()), name
        torch.testing.assert_close(a, b, rtol=0, atol=2e-2)


def test_paper_connectors_can_be_trained() -> None:
    given = connectors(llm(), faithful=True)
    before = given.gates()
    train_connectors(llm(), given, SAMPLES, QUICK)
    assert given.gates() != before
    assert given['camera'].gate is given['lidar'].gate


def test_progress_is_told_at_every_step() -> None:
    told: list[tuple[int, int, float, float, float]] = []
    given = connectors(llm())
    summary = train_connectors(llm(), given, SAMPLES, QUICK,
                               progress=lambda *values: told.append(values))
    assert [values[:2] for values in told] == [(step, 4) for step in range(1, 5)]
    assert all(loss > 0 and 0 <= accuracy <= 1 for _, _, loss, accuracy, _ in told)
    assert told[-1][4] == 0.0
    assert summary['loss'] == told[-1][2]


def test_the_summary_can_be_written_as_json() -> None:
    given = connectors(llm())
    summary = train_connectors(llm(), given, SAMPLES, QUICK)
    assert json.loads(json.dumps(summary)) == summary
    assert given.training_summary == {'camera': summary, 'lidar': summary}


def test_connectors_are_not_left_in_training_mode_by_an_exception() -> None:
    given = connectors(llm())

    def fail(*_: object) -> None:
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        train_connectors(llm(), given, SAMPLES, QUICK, progress=fail)
    assert not given.training
    assert given.training_summary == {}


def test_a_loss_that_is_no_number_is_reported_with_its_step() -> None:
    config = dataclasses.replace(QUICK, learning_rate=1e30, clip=1e30, steps=20)
    with pytest.raises(TrainingDiverged, match=r'step \d+ of 20: the loss is (nan|inf)'):
        trained(config)


def test_answers_under_a_subset_are_unknown_where_nothing_tells_them() -> None:
    sample = TrainingSample('?', 'red', {'camera': latents(), 'lidar': latents('lidar')},
                            ('camera',))
    assert sample.answer_under(('camera',), 'unknown') == 'red'
    assert sample.answer_under(('lidar',), 'unknown') == 'unknown'
    assert sample.answer_under(('lidar',), None) == 'red'
    either = dataclasses.replace(sample, needs=('camera', 'lidar'))
    assert either.answer_under(('lidar',), 'unknown') == 'red'
    assert dataclasses.replace(sample, needs=()).answer_under((), 'unknown') == 'red'


@pytest.mark.parametrize(('needs', 'words'), [
    (('radar',), r"needs \['radar'\], it has latents of \['camera'\]"),
    ('camera', "needs is 'camera', expected a tuple"),
])
def test_samples_that_need_what_they_lack_are_refused(needs: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        TrainingSample('?', 'red', {'camera': latents()}, needs)


def test_latents_of_another_encoder_are_refused_before_training() -> None:
    other = dataclasses.replace(latents(), encoder_id='other')
    with pytest.raises(ConnectorMismatch, match="from encoder 'other'"):
        train_connectors(llm(), connectors(llm()), [
            *SAMPLES, TrainingSample('?', 'red', {'camera': other})], QUICK)


@pytest.mark.parametrize(('given', 'words'), [
    ([], 'there are no samples'),
    ([TrainingSample('?', 'red', {})], 'has no latents'),
    ([TrainingSample('?', ' ', {'camera': latents()})], 'the answer is empty'),
    ([TrainingSample('?', 'red', {'lidar': latents()})], "'camera' stand under 'lidar'"),
])
def test_samples_that_cannot_be_used_are_refused(given: list[TrainingSample], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        train_connectors(llm(), connectors(llm()), given, QUICK)


@pytest.mark.parametrize('change', [
    {'steps': 0}, {'batch': 0}, {'learning_rate': 0.0}, {'learning_rate': float('nan')},
    {'gate_learning_rate': -1.0}, {'drop': 1.0}, {'drop': -0.1}, {'warm_up': 1.0},
    {'clip': 0.0}, {'weight_decay': -1.0}, {'precision': 'float64'}])
def test_configurations_out_of_range_are_refused_by_field(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        TrainingConfig(**change)


def test_rates_rise_and_fall_along_one_cycle() -> None:
    shares = [one_cycle(step, 100, 0.2) for step in range(100)]
    peak = shares.index(max(shares))
    assert 15 <= peak <= 20 and shares[peak] == pytest.approx(1.0, abs=0.05)
    assert shares[:peak] == sorted(shares[:peak])
    assert shares[peak:] == sorted(shares[peak:], reverse=True)
    assert shares[-1] < 0.01
