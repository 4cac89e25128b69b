# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Finding weights on this machine: what is given, what is refused, and never a download."""

from __future__ import annotations

import json
from pathlib import Path
import socket
import subprocess
from typing import Any, NoReturn

import pytest
from weights_stage import Stage, tensors

from mpnp_ros.core.weights import cache_root, locate, WeightsMismatch, WeightsMissing


@pytest.fixture
def no_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test when anything starts a program or opens a connection."""
    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        pytest.fail(f'tried to reach out: {args}')
    monkeypatch.setattr(subprocess, 'Popen', refuse)
    monkeypatch.setattr(socket.socket, 'connect', refuse)
    monkeypatch.setattr(socket, 'getaddrinfo', refuse)


@pytest.mark.parametrize('name', ['some-model', 'smollm2-135m-instruct', 'nobody/no-such-model'])
def test_missing_weights_are_told_with_the_command_and_nothing_is_downloaded(
    stage: Stage, no_way_out: None, name: str
) -> None:
    stage.monkeypatch.setattr('huggingface_hub.constants.HF_HUB_CACHE', str(stage.folder))
    stage.enter_file('some-model', tensors())
    with pytest.raises(WeightsMissing, match=f'`mpnp-weights fetch {name}`'):
        locate(name)


def test_fetched_weights_are_found_without_reaching_out(
    stage: Stage, request: pytest.FixtureRequest
) -> None:
    stage.enter_file('some-model', tensors())
    fetched = stage.weights.fetch('some-model')
    request.getfixturevalue('no_way_out')
    assert locate('some-model') == fetched
    assert (fetched / 'model.safetensors').read_bytes() == tensors()


def test_a_path_is_given_back(stage: Stage, no_way_out: None) -> None:
    file = stage.folder / 'mine.safetensors'
    file.write_bytes(tensors())
    assert locate(file) == file
    assert locate(str(stage.folder)) == stage.folder


def test_what_is_neither_name_nor_path_is_told_with_the_names_there_are(stage: Stage) -> None:
    stage.enter_file('some-model', tensors())
    with pytest.raises(WeightsMissing, match='no_such.*smollm2-135m-instruct.*some-model'):
        locate('no_such')


def test_a_changed_file_is_refused_by_its_path_and_hash(stage: Stage) -> None:
    stage.enter_file('some-model', tensors())
    file = stage.weights.fetch('some-model') / 'model.safetensors'
    file.write_bytes(tensors(2.0))
    with pytest.raises(WeightsMismatch, match=f'{file}.*sha256.*mpnp-weights fetch some-model'):
        locate('some-model')


def test_a_file_whose_time_alone_changed_is_accepted(stage: Stage) -> None:
    stage.enter_file('some-model', tensors())
    folder = stage.weights.fetch('some-model')
    (folder / 'model.safetensors').touch()
    assert locate('some-model') == folder


def test_a_lost_file_is_refused(stage: Stage) -> None:
    stage.enter_file('some-model', tensors())
    (stage.weights.fetch('some-model') / 'model.safetensors').unlink()
    with pytest.raises(WeightsMismatch, match='model.safetensors is gone'):
        locate('some-model')


def test_a_damaged_record_is_refused(stage: Stage) -> None:
    stage.enter_file('some-model', tensors())
    record = stage.weights.fetch('some-model') / 'weights.json'
    record.write_text(record.read_text()[:40])
    with pytest.raises(WeightsMismatch, match='weights.json is damaged'):
        locate('some-model')


def test_weights_of_an_older_catalogue_are_refused(stage: Stage) -> None:
    stage.enter_file('some-model', tensors())
    stage.weights.fetch('some-model')
    stage.enter_file('some-model', tensors(2.0))
    with pytest.raises(WeightsMismatch, match='was fetched from.*the catalogue says'):
        locate('some-model')


def test_the_record_names_origin_and_licence(stage: Stage) -> None:
    stage.enter_file('some-model', tensors(), licence='MIT', licence_stated='LICENSE file')
    record = json.loads((stage.weights.fetch('some-model') / 'weights.json').read_text())
    assert record['licence'] == 'MIT'
    assert 'some-model/model.safetensors' in record['origin']


@pytest.mark.parametrize(('variables', 'expected'), [
    ({'MPNP_CACHE': '/one', 'XDG_CACHE_HOME': '/two'}, '/one'),
    ({'XDG_CACHE_HOME': '/two'}, '/two/mpnp_ros'),
    ({'HOME': '/three'}, '/three/.cache/mpnp_ros')])
def test_the_cache_is_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str
) -> None:
    for name in ('MPNP_CACHE', 'XDG_CACHE_HOME'):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_root() == Path(expected)
