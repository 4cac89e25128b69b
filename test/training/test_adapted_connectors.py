# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Adapted connectors are in use as a whole or not at all; the process that learns ends in time."""

from __future__ import annotations

import json
from pathlib import Path
import subprocess
import sys

import pytest

from mpnp_ros.training.adaptation.adapted_connectors import ABOUT, AdaptedConnectors, unfinished
from mpnp_ros.training.adaptation.process import MODULE
from mpnp_ros.training.adaptation.request import (
    AdaptationCode,
    AdaptationError,
    AdaptationRequest,
)


@pytest.fixture
def adapted(tmp_path: Path) -> AdaptedConnectors:
    """Return the adapted connectors on top of a folder of connectors."""
    base = tmp_path / 'base'
    base.mkdir()
    (base / 'lidar.safetensors').write_bytes(b'connectors')
    return AdaptedConnectors(tmp_path / 'root', base, 'a' * 64)


def make_set(adapted: AdaptedConnectors, before: str) -> Path:
    folder = adapted.next_set()
    folder.mkdir(parents=True)
    (folder / ABOUT).write_text(json.dumps({'before': before}))
    return folder


def test_the_choice_outlives_the_process_and_leads_back(adapted: AdaptedConnectors) -> None:
    assert adapted.current() is None
    first = make_set(adapted, '')
    second = make_set(adapted, first.name)
    adapted.use(first)
    adapted.use(second)
    again = AdaptedConnectors(adapted.folder.parent, adapted.base, 'a' * 64)
    assert again.current() == second
    assert again.before(second) == first
    assert again.before(first) == adapted.base
    again.use(adapted.base)
    assert again.current() is None


def test_other_connectors_or_another_llm_take_nothing_up(
        adapted: AdaptedConnectors, tmp_path: Path) -> None:
    adapted.use(make_set(adapted, ''))
    assert AdaptedConnectors(tmp_path / 'root', adapted.base, 'b' * 64).current() is None
    (tmp_path / 'base' / 'lidar.safetensors').write_bytes(b'trained again')
    assert AdaptedConnectors(tmp_path / 'root', adapted.base, 'a' * 64).current() is None


def test_a_second_adaptation_of_the_same_is_refused(adapted: AdaptedConnectors) -> None:
    with adapted.alone():
        with pytest.raises(AdaptationError, match='another adaptation') as caught:
            with AdaptedConnectors(adapted.folder.parent, adapted.base, 'a' * 64).alone():
                pass
    assert caught.value.code == AdaptationCode.BUSY
    with adapted.alone():
        pass


def test_what_a_killed_adaptation_left_is_removed(adapted: AdaptedConnectors) -> None:
    half = unfinished(adapted.next_set())
    half.mkdir(parents=True)
    whole = make_set(adapted, '')
    with adapted.alone():
        assert not half.exists() and whole.exists()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / 'root').write_text('a file')
    with pytest.raises(AdaptationError, match=r'root/\w+ cannot be written') as caught:
        with AdaptedConnectors(tmp_path / 'root', None, 'a' * 64).alone():
            pass
    assert caught.value.code == AdaptationCode.DISK


def test_the_process_ends_with_the_node(tmp_path: Path) -> None:
    request = AdaptationRequest(
        data=str(tmp_path), out='out', tokens='tokens', llm={})
    child = subprocess.Popen(
        [sys.executable, '-c', f'from {MODULE} import main; main()'],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # Its input ends behind the request, as when the node is killed: there is nothing to tell.
    assert child.communicate(f'{request.to_json()}\n'.encode(), timeout=30) == (b'', b'')
    assert child.returncode == 1
