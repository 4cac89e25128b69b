# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a nuScenes is named, and nothing half-written is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import re
from typing import Any

from import_pictures import picture, write
from imports import left_behind, questions, run
import pytest
from read_bag import read_bag
from staged_nuscenes import POINTS, StagedNuscenes

TABLES = 'v1.0-mini'
MESSAGES = 19   # of a scene when nothing is wrong
Spoil = Callable[[StagedNuscenes], object]


def cut(channel: str) -> Spoil:
    def spoil(nuscenes: StagedNuscenes) -> None:
        path = nuscenes.file(channel)
        path.write_bytes(path.read_bytes()[:-3])
    return spoil


def edit(table: str, index: int = 0, **fields: Any) -> Spoil:
    return lambda nuscenes: nuscenes.change(table, lambda records: records[index].update(fields))


def with_nan(nuscenes: StagedNuscenes) -> None:
    points = POINTS.copy()
    points[1, 2] = float('nan')
    write(nuscenes.file('LIDAR_TOP'), points.tobytes())


# What can be left out: one message, or the boxes of one keyframe.
ITEMS = [
    pytest.param(lambda n: n.file('CAM_FRONT').unlink(),
                 r'CAM_FRONT__\d+\.jpg: cannot be read: No such file', id='missing file'),
    pytest.param(cut('CAM_FRONT'), r'CAM_FRONT__\d+\.jpg: truncated: \d+ bytes without the end',
                 id='truncated picture'),
    pytest.param(lambda n: write(n.file('CAM_FRONT'), picture(size=(9, 8))),
                 r'\.jpg: 9x8 pixels: expected 8x8', id='picture of another size'),
    pytest.param(lambda n: write(n.file('CAM_FRONT'), b'not a picture'),
                 r'\.jpg: 13 bytes that are no picture', id='no picture'),
    pytest.param(cut('LIDAR_TOP'), r'\.pcd\.bin: 57 bytes: expected whole points of 5 numbers',
                 id='wrong size of a sweep'),
    pytest.param(with_nan, r'\.pcd\.bin: 1 of 3 points are not finite, the first is point 1',
                 id='NaN in a sweep'),
    pytest.param(cut('RADAR_FRONT'), r'\.pcd: truncated: 83 bytes of points, expected 2 points',
                 id='truncated radar'),
    pytest.param(edit('sample_annotation', size=[1.0, 2.0]),
                 'sample_annotation.json, record sample00-0: size: expected 3 finite numbers',
                 id='box with two sizes'),
    pytest.param(edit('sample_annotation', instance_token='gone'),
                 'sample_annotation.json, record sample00-0: names a record that is missing',
                 id='box of no object'),
]
# What nothing can be made of.
TABLE_ERRORS = [
    pytest.param(lambda n: write(n.root / TABLES / 'sample.json', '[{"token": "a",'),
                 'sample.json: not complete JSON', id='cut table'),
    pytest.param(lambda n: write(n.root / TABLES / 'sample.json', '{"token": "a"}'),
                 'sample.json: not a list of records', id='no table'),
    pytest.param(lambda n: (n.root / TABLES / 'ego_pose.json').unlink(),
                 'ego_pose.json: cannot be read: No such file', id='missing table'),
    pytest.param(edit('sample_data', ego_pose_token='gone'),
                 'sample_data.json, record .*: names a record that is missing', id='no pose'),
    pytest.param(edit('sample_data', timestamp='noon'),
                 "sample_data.json, record .*: 'timestamp' is 'noon', expected int",
                 id='no timestamp'),
    pytest.param(edit('calibrated_sensor', rotation=[0.0, 0.0, 0.0, 0.0]),
                 'calibrated_sensor.json, record c-CAM_FRONT: rotation: .* no direction',
                 id='no rotation'),
    pytest.param(edit('calibrated_sensor', camera_intrinsic=[]),
                 'record c-CAM_FRONT: camera_intrinsic: expected 3 x 3 finite numbers',
                 id='camera without intrinsics'),
    pytest.param(edit('sensor', 2, modality='sonar', channel='SONAR_BOW'),
                 "sensor 'SONAR_BOW' of unknown modality 'sonar'", id='unknown sensor'),
]


@pytest.mark.parametrize(('spoil', 'message'), [*ITEMS, *TABLE_ERRORS])
def test_the_import_stops_and_names_what_is_wrong(
    nuscenes: StagedNuscenes, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    spoil: Spoil, message: str,
) -> None:
    spoil(nuscenes)
    assert run('nuscenes', nuscenes.root, tmp_path / 'out') == 1
    said = capsys.readouterr().err
    assert said.startswith('mpnp-import: ')
    assert re.search(message, said), said
    assert left_behind(tmp_path / 'out') == []


@pytest.mark.parametrize(('spoil', 'message'), ITEMS)
def test_keeping_going_leaves_out_the_item_and_counts_it(
    nuscenes: StagedNuscenes, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    spoil: Spoil, message: str,
) -> None:
    spoil(nuscenes)
    assert run('nuscenes', nuscenes.root, tmp_path / 'out', '--keep-going', '--questions', '0',
               '--scenes', 'scene-0061') == 3
    said = capsys.readouterr().err
    assert f'left out 1: {nuscenes.root}' in said
    assert re.search(message, said), said
    assert sum(map(len, read_bag(tmp_path / 'out' / 'scene-0061').values())) == MESSAGES - 1


def test_a_scene_that_cannot_be_described_is_left_out(
    nuscenes: StagedNuscenes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit('sample_data', ego_pose_token='gone')(nuscenes)
    assert run('nuscenes', nuscenes.root, tmp_path / 'out', '--keep-going') == 3
    assert left_behind(tmp_path / 'out') == ['scene-1077']
    assert 'left out 1: ' in capsys.readouterr().err


@pytest.mark.parametrize(('options', 'message'), [
    (['--scenes', 'scene-9999'], "no scene 'scene-9999': there is scene-0061, scene-1077"),
    (['--cameras', 'CAM_TOP'], "no camera 'CAM_TOP': there is CAM_FRONT"),
    (['--lidar', 'CAM_FRONT'], "no lidar 'CAM_FRONT': there is LIDAR_TOP"),
    (['--version', 'v1.0-trainval'], 'no such folder of tables; there is v1.0-mini'),
])
def test_what_is_asked_for_and_not_there_is_named(
    nuscenes: StagedNuscenes, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    options: list[str], message: str,
) -> None:
    assert run('nuscenes', nuscenes.root, tmp_path / 'out', *options) == 1
    assert message in capsys.readouterr().err


def test_a_folder_that_is_no_nuscenes_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run('nuscenes', tmp_path, tmp_path / 'out') == 1
    assert 'no nuScenes: expected a folder such as v1.0-mini' in capsys.readouterr().err


def test_a_bag_that_exists_is_never_written_over(
    nuscenes: StagedNuscenes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path / 'out' / 'scene-0061' / 'mine', 'precious')
    assert run('nuscenes', nuscenes.root, tmp_path / 'out') == 1
    assert 'scene-0061: exists already' in capsys.readouterr().err
    assert left_behind(tmp_path / 'out') == ['scene-0061']
    assert left_behind(tmp_path / 'out' / 'scene-0061') == ['mine']


def test_keeping_going_imports_the_scenes_that_are_not_there_yet(
    nuscenes: StagedNuscenes, tmp_path: Path
) -> None:
    assert run('nuscenes', nuscenes.root, tmp_path / 'out', '--scenes', 'scene-0061') == 0
    assert run('nuscenes', nuscenes.root, tmp_path / 'out', '--keep-going') == 3
    assert left_behind(tmp_path / 'out') == ['scene-0061', 'scene-1077']


def test_what_a_killed_import_left_is_cleared_away(
    nuscenes: StagedNuscenes, tmp_path: Path
) -> None:
    write(tmp_path / 'out' / '.scene-0061.part' / 'scene-0061' / 'scene-0061.mcap', 'half')
    assert run('nuscenes', nuscenes.root, tmp_path / 'out', '--scenes', 'scene-0061') == 0
    assert left_behind(tmp_path / 'out') == ['scene-0061']
    assert questions(tmp_path / 'out' / 'scene-0061')
