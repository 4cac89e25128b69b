# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""An adaptation leaves better connectors or none, within its limits, and says what was wrong."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
import re
import resource
import shutil
import time
from typing import Any

import pytest
from safetensors.torch import load_file
from tiny_models import connectors, model, tokenizer
from tiny_suite import OPTIONS, START_NS, STEP_NS, TinySuite

from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.encoders.base import create
from mpnp_ros.evaluation.offline.latent_bag import write_latent_bag
from mpnp_ros.evaluation.offline.latent_store import read_moments
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.training.adaptation.child import code_of
from mpnp_ros.training.adaptation.learning import adapt
from mpnp_ros.training.adaptation.request import AdaptationCode, AdaptationRequest
from mpnp_ros.training.adaptation.samples import read_samples

# The tiny model says 'yes' by itself: 'no' has to be learned.
TEXT, CANDIDATES = 'is the way clear?', ['yes', 'no']


@pytest.fixture
def drive(suite: TinySuite, tmp_path: Path) -> Callable[..., Path]:
    """Return a function that makes a drive whose questions all have the same answer."""
    def make(answer: str = 'no', **fields: Any) -> Path:
        path = Path(shutil.copytree(suite.folder / 'first', tmp_path / 'given'))
        (path / 'questions.jsonl').write_text(''.join(json.dumps({
            'stamp_ns': START_NS + index * STEP_NS, 'question': TEXT, 'candidates': CANDIDATES,
            'answer': answer, **fields}) + '\n' for index in range(6)), encoding='utf-8')
        return path / 'drive'
    return make


@pytest.fixture
def request_for(suite: TinySuite, tmp_path: Path) -> Callable[..., AdaptationRequest]:
    """Return a function that makes a request to learn from a drive, without connectors."""
    def make(data: Path, **changes: Any) -> AdaptationRequest:
        return AdaptationRequest(**{
            'data': str(data), 'out': str(tmp_path / 'sets' / '0001'), 'max_steps': 15,
            'tokens': str(suite.folder / 'adapted_tokens'), 'suite': str(suite.params_file),
            'llm': {'model': str(suite.folder / 'model'), 'dtype': 'float32', 'device': 'cpu',
                    'system_prompt': '', 'max_tokens': 3}, **changes})
    return make


def learn(request: AdaptationRequest, told: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    def tell(event: str, **values: Any) -> None:
        if told is not None:
            told.append({'event': event, **values})
    request.check()
    return adapt(request, tell, time.monotonic())


def refusal(request: AdaptationRequest) -> tuple[AdaptationCode, str]:
    with pytest.raises(Exception) as caught:
        learn(request)
    assert not Path(request.out).parent.exists() or not list(Path(request.out).parent.iterdir())
    return code_of(caught.value), str(caught.value)


def test_what_answers_better_is_written_as_a_whole(drive, request_for, suite) -> None:
    told: list[dict[str, Any]] = []
    request = request_for(drive())
    verdict = learn(request, told)
    assert (verdict['before'], verdict['after'], verdict['steps']) == (0.0, 1.0, 15)
    assert verdict['low'] <= 1.0 <= verdict['high'] and verdict['flops'] > 0
    assert verdict['connectors'] == request.out
    loaded = Connectors.load(request.out, LanguageModel.load(suite.folder / 'model'))
    assert loaded.modalities == ('lidar',)
    assert loaded.training_summary['lidar']['held_out']['after'] == 1.0
    assert [path.name for path in Path(request.out).parent.iterdir()] == ['0001']
    assert [one.get('phase', 'step') for one in told[:2]] == ['encoding', 'judging']
    assert [one['step'] for one in told if one['event'] == 'step'] == list(range(1, 16))


def test_latents_are_learned_from_without_any_encoder(drive, request_for, tmp_path) -> None:
    request = request_for(drive(), tokens=str(tmp_path / 'tokens'))
    read_samples(request, Problems())
    moments = [moment for path in (tmp_path / 'tokens').rglob('*.safetensors')
               for moment in read_moments(path)]
    bag = tmp_path / 'recorded' / 'latents'
    bag.parent.mkdir()
    write_latent_bag(bag, moments)
    shutil.copy(tmp_path / 'given' / 'questions.jsonl', bag.parent)
    assert learn(request_for(bag, suite='', max_steps=8))['learned'] == ['lidar']


def test_what_answers_no_better_is_not_kept(drive, request_for) -> None:
    request = request_for(drive('yes'), max_steps=2)
    verdict = learn(request)
    assert verdict['after'] == verdict['before'] == 1.0
    assert not verdict['connectors'] and not Path(request.out).parent.exists()


def test_connectors_that_are_not_learned_stay_as_they_are(
        drive, request_for, suite, tmp_path) -> None:
    llm = LanguageModel.load(suite.folder / 'model')
    encoder = create('lidar_range_view', OPTIONS)
    start = tmp_path / 'start'
    Connectors.create(llm, {
        'camera': Source('some_camera', 'c' * 64, 12),
        'lidar': Source(encoder.id, encoder.weights_hash, encoder.width)},
        connected_blocks=2, hidden=16).save(start)
    request = request_for(drive(), start=str(start), max_steps=40)
    assert learn(request)['learned'] == ['lidar']
    old, new = (load_file(Path(folder) / 'camera.safetensors') for folder in (start, request.out))
    assert all(bool((old[name] == new[name]).all()) for name in old)
    old, new = (load_file(Path(folder) / 'lidar.safetensors') for folder in (start, request.out))
    assert not all(bool((old[name] == new[name]).all()) for name in old)


def test_what_has_learned_already_is_tuned_at_lower_rates(
        drive, request_for, suite, tmp_path) -> None:
    llm = LanguageModel.load(suite.folder / 'model')
    encoder = create('lidar_range_view', OPTIONS)
    Connectors.create(llm, {'lidar': Source(encoder.id, encoder.weights_hash, encoder.width)},
                      connected_blocks=2, hidden=16).save(tmp_path / 'start')
    rates = {}
    for start in ('', str(tmp_path / 'start')):
        request = request_for(drive(), start=start, max_steps=300)
        assert learn(request)['connectors']
        summary = Connectors.load(request.out, llm).training_summary['lidar']
        rates[bool(start)] = summary['learning_rate'], summary['relevance_learning_rate']
        shutil.rmtree(request.out)
        shutil.rmtree(tmp_path / 'given')
    assert all(tuned < new for tuned, new in zip(rates[True], rates[False]))


def test_operations_bound_the_steps(drive, request_for) -> None:
    data = drive()
    few = learn(request_for(data, max_steps=2))['flops']
    request = request_for(data, max_steps=400, max_flops=2.0 * few)
    shutil.rmtree(request.out)
    verdict = learn(request)
    assert 2 < verdict['steps'] < 400
    assert few < verdict['flops'] <= 2 * few


def test_a_budget_without_a_step_is_refused(drive, request_for) -> None:
    data = drive()
    code, text = refusal(request_for(data, max_flops=1e3))
    assert code == AdaptationCode.LIMIT
    assert 'not even one step' in text and 'max_flops 1000' in text
    code, text = refusal(request_for(data, max_bytes=2 ** 20))
    assert code == AdaptationCode.LIMIT and 'max_bytes (1 MiB) does not allow a step' in text


@pytest.mark.parametrize(('changes', 'code', 'text'), [
    ({'data': '/nowhere/drive'}, AdaptationCode.DATA, '/nowhere/drive: there is no such file'),
    ({'data': ''}, AdaptationCode.REQUEST, 'data is empty'),
    ({'held_out_share': 1.0}, AdaptationCode.REQUEST, 'held_out_share is 1.0'),
    ({'max_seconds': float('nan')}, AdaptationCode.REQUEST, 'max_seconds is nan'),
    ({'modalities': ['sonar']}, AdaptationCode.MODALITY,
     'sonar cannot be learned: .* has latents of lidar, the suite has encoders for lidar'),
    ({'suite': ''}, AdaptationCode.DATA, 'nothing was sensed'),
])
def test_a_request_that_cannot_be_done_names_the_item(
        drive, request_for, changes, code, text) -> None:
    found, sentence = refusal(request_for(**{'data': drive(), **changes}))
    assert found == code
    assert re.search(text, sentence), sentence


@pytest.mark.parametrize(('fields', 'text'), [
    ({'answer': 'perhaps'}, 'the answer is none of the candidates.*6 times'),
    ({'needs': ['sonar']}, 'sonar'),
    ({'stamp_ns': 5}, "outside the bag's time"),
])
def test_answers_that_cannot_be_learned_are_named(drive, request_for, fields, text) -> None:
    code, sentence = refusal(request_for(drive(**fields)))
    assert code == AdaptationCode.DATA
    assert re.search(text, sentence), sentence


def test_a_truncated_bag_is_named_and_the_others_are_learned_from(drive, request_for) -> None:
    data = drive()
    broken = Path(shutil.copytree(data.parent, data.parents[1] / 'folder' / 'broken')) / 'drive'
    for file in broken.glob('*'):
        file.write_bytes(file.read_bytes()[:file.stat().st_size // 2])
    code, text = refusal(request_for(broken))
    assert code == AdaptationCode.DATA and str(broken) in text
    shutil.copytree(data.parent, broken.parents[1] / 'whole')
    verdict = learn(request_for(broken.parents[1]))
    assert verdict['after'] == 1.0
    assert 'broken_drive' in verdict['problems']


def test_connectors_of_other_weights_are_refused(drive, request_for, tmp_path) -> None:
    model('llama', hidden_size=16).save_pretrained(tmp_path / 'other')
    tokenizer().save_pretrained(tmp_path / 'other')
    start = tmp_path / 'start'
    start.mkdir()
    connectors(LanguageModel.load(tmp_path / 'other')).save(start)
    code, text = refusal(request_for(drive(), start=str(start)))
    assert code == AdaptationCode.CONNECTORS and 'was trained for the LLM' in text
    (start / 'camera.safetensors').write_bytes(b'half a file')
    code, text = refusal(request_for(tmp_path / 'given' / 'drive', start=str(start)))
    assert code == AdaptationCode.CONNECTORS and 'truncated' in text


def test_a_full_disk_leaves_nothing_half(drive, request_for) -> None:
    request = request_for(drive())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))   # refuses what is larger
    try:
        code, _ = refusal(request)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert code == AdaptationCode.DISK
