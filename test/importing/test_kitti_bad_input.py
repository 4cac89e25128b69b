# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a raw drive of KITTI is named, and nothing half-written is left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import re

from import_pictures import picture, write
from imports import left_behind, run
import pytest
from read_bag import read_bag
from staged_kitti import DRIVE, FRAMES, oxts, tracklets

Spoil = Callable[[Path], object]
MESSAGES = 1 + FRAMES * (4 + 1 + 3 + 1)   # mounts; two cameras, lidar, oxts, boxes


def frame(sensor: str, ending: str) -> Callable[[Path], Path]:
    return lambda drive: drive / sensor / 'data' / f'0000000001.{ending}'


IMAGE, SWEEP, PACKET = frame('image_02', 'png'), frame('velodyne_points', 'bin'), frame(
    'oxts', 'txt')

ITEMS = [
    pytest.param(lambda d: IMAGE(d).unlink(), 1, r'0000000001\.png: cannot be read: No such file',
                 id='missing picture'),
    pytest.param(lambda d: IMAGE(d).write_bytes(IMAGE(d).read_bytes()[:-4]), 1,
                 r'0000000001\.png: (truncated|\d+ bytes that are no picture)',
                 id='truncated picture'),
    pytest.param(lambda d: IMAGE(d).write_bytes(picture('PNG', (4, 4))), 1,
                 r'0000000001\.png: 4x4 pixels: expected 16x8', id='picture of another size'),
    # The sweep itself, and the boxes whose points it holds.
    pytest.param(lambda d: SWEEP(d).write_bytes(SWEEP(d).read_bytes()[:-1]), 2,
                 r'0000000001\.bin: \d+ bytes: expected whole points of 4 numbers \(x, y, z, '
                 r'intensity\), 16 bytes each', id='wrong size of a sweep'),
    # Pose, IMU and GPS, and the boxes of the frames before and after it, whose speeds need it.
    pytest.param(lambda d: PACKET(d).write_text(oxts(0.1).rsplit(' ', 1)[0]), 5,
                 r'0000000001\.txt: expected 30 finite numbers, got 29', id='short packet'),
]
DRIVE_ERRORS = [
    pytest.param(lambda d: write(d / 'oxts' / 'timestamps.txt', '2011-09-26\n'),
                 r"oxts/timestamps\.txt, line 1: '2011-09-26': not a time", id='no time'),
    pytest.param(lambda d: write(d / 'image_02' / 'timestamps.txt', '2011-09-26 13:02:25\n'),
                 r'000000000[12]\.png: has no stamp: timestamps\.txt has 1 lines', id='no stamp'),
    pytest.param(lambda d: (d.parent / 'calib_velo_to_cam.txt').unlink(),
                 r'calib_velo_to_cam\.txt: cannot be read', id='no calibration'),
    pytest.param(lambda d: write(d.parent / 'calib_velo_to_cam.txt', 'R: 1 2 3\nT: 0 0 0\n'),
                 r'calib_velo_to_cam\.txt: R: expected 9 finite numbers, got 3',
                 id='short calibration'),
    pytest.param(lambda d: write(d / 'tracklet_labels.xml', '<boost_serialization>'),
                 r'tracklet_labels\.xml: not complete XML', id='cut labels'),
    pytest.param(lambda d: write(d / 'tracklet_labels.xml', tracklets(
        ('Car', 2, [(9.0, 0.0, -1.7)] * 2, 0))),
        r'tracklet_labels\.xml: labels frame 3 of velodyne, which has 3 frames',
        id='labels of another drive'),
    pytest.param(lambda d: write(d / 'tracklet_labels.xml', tracklets(
        ('Cow', 0, [(9.0, 0.0, -1.7)], 0))),
        r"tracklet 0: label 'Cow': expected one of", id='unknown label'),
    pytest.param(lambda d: (d / 'velodyne_points').rename(d / 'elsewhere'),
                 r'tracklet_labels\.xml: labels velodyne, which is not there',
                 id='labels of a sensor that is not there'),
]


@pytest.mark.parametrize(('spoil', 'message'), [
    *(pytest.param(one.values[0], one.values[2], id=one.id) for one in ITEMS), *DRIVE_ERRORS])
def test_the_import_stops_and_names_what_is_wrong(
    raw_drive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Spoil,
    message: str,
) -> None:
    spoil(raw_drive)
    assert run('kitti', raw_drive, tmp_path / 'out', '--questions', '0') == 1
    said = capsys.readouterr().err
    assert re.search(message, said), said
    assert left_behind(tmp_path / 'out') == []


@pytest.mark.parametrize(('spoil', 'lost', 'message'), ITEMS)
def test_keeping_going_leaves_out_what_depends_on_the_item(
    raw_drive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], spoil: Spoil, lost: int,
    message: str,
) -> None:
    spoil(raw_drive)
    assert run('kitti', raw_drive, tmp_path / 'out', '--keep-going', '--questions', '0') == 3
    said = capsys.readouterr().err
    assert re.search(f'left out {lost}: .*{message}', said), said
    assert sum(map(len, read_bag(tmp_path / 'out' / DRIVE).values())) == MESSAGES - lost


def test_a_folder_without_kitti_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run('kitti', tmp_path, tmp_path / 'out') == 1
    assert 'no KITTI: expected raw drives' in capsys.readouterr().err
