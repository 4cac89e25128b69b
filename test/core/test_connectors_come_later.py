# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A connector that is put into the directory while the LLM runs is used from then on."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_models import connectors, latents, llm
import torch

from mpnp_ros.core.connector_file import ConnectorMismatch
from mpnp_ros.core.connectors import Connectors

WIDTHS = {'camera': 12, 'lidar': 12}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the connector directory of a camera; a lidar's connector waits beside it."""
    connectors(llm(), WIDTHS).save(tmp_path / 'connectors')
    (tmp_path / 'connectors' / 'lidar.safetensors').rename(tmp_path / 'lidar.safetensors')
    return tmp_path / 'connectors'


def arrive(folder: Path) -> None:
    (folder.parent / 'lidar.safetensors').rename(folder / 'lidar.safetensors')


def test_a_missing_connector_is_told_with_what_to_do(folder: Path) -> None:
    given = Connectors.load(folder, llm())
    with pytest.raises(ConnectorMismatch, match=f"'lidar' has no connector.*camera.*{folder}"):
        given.check(latents('lidar'))


def test_a_connector_that_comes_is_used_as_if_it_had_been_there(folder: Path) -> None:
    given = Connectors.load(folder, llm())
    before = given.slots({'camera': latents('camera')})
    arrive(folder)
    given.check(latents('lidar'))
    assert given.modalities == ('camera', 'lidar')
    both = {name: latents(name) for name in given.modalities}
    expected = Connectors.load(folder, llm()).slots(both)
    for late, early in zip(given.slots(both), expected, strict=True):
        assert torch.equal(late.key, early.key)
    for now, then in zip(given.slots({'camera': latents('camera')}), before, strict=True):
        assert torch.equal(now.key, then.key)


def test_a_file_that_cannot_be_used_is_named_and_its_successor_taken(folder: Path) -> None:
    given = Connectors.load(folder, llm())
    (folder / 'lidar.safetensors').write_bytes(b'no connector')
    for _ in range(2):
        with pytest.raises(ConnectorMismatch, match='cannot be used: .*truncated'):
            given.check(latents('lidar'))
    assert given.modalities == ('camera',)
    arrive(folder)
    given.check(latents('lidar'))


def test_a_connector_that_reaches_deeper_waits_for_the_next_configuration(folder: Path) -> None:
    given = Connectors.load(folder, llm())
    connectors(llm(), {'lidar': 12}, blocks=3).save(folder)
    with pytest.raises(ConnectorMismatch, match='reaches the last 3 blocks.*configure'):
        given.check(latents('lidar'))
    assert given.connected_blocks == 2


def test_a_name_that_is_a_path_reads_no_file(folder: Path) -> None:
    given = Connectors.load(folder, llm())
    with pytest.raises(ConnectorMismatch, match=r"'\.\./lidar' has no connector"):
        given.check(latents('../lidar'))
    assert given.modalities == ('camera',)
