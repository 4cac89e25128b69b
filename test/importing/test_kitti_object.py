# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""KITTI's object benchmark as bags of made-up time."""

from __future__ import annotations

from pathlib import Path
import re

from imports import left_behind, run
import numpy as np
import pytest
from read_bag import cubes, read_bag, tree, types_of
from staged_kitti import CAR

from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.sample_stamps import read_sample_stamps


def test_frames_of_one_calibration_share_a_bag(
    object_split: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run('kitti', object_split.parent, tmp_path / 'out') == 0
    assert left_behind(tmp_path / 'out') == ['training_000000', 'training_000001']
    assert 'its stamps are made up' in capsys.readouterr().err
    bag = tmp_path / 'out' / 'training_000000'
    assert '/tf' not in types_of(bag)
    assert read_sample_stamps(bag, Problems()) == {'000000': 100_000_000, '000002': 300_000_000}
    mount = tree(read_bag(tmp_path / 'out' / 'training_000001')).lookup('base_link', 'velodyne')
    np.testing.assert_allclose(mount[:3, 3], [0.8, -0.3, 1.72], atol=1e-9)


def test_labels_become_boxes(object_split: Path, tmp_path: Path) -> None:
    assert run('kitti', object_split, tmp_path / 'out') == 0
    car, cyclist = cubes(read_bag(tmp_path / 'out' / 'training_000001')['/annotations'][0][1])
    np.testing.assert_allclose(
        [car.pose.position.x, car.pose.position.y, car.pose.position.z],
        [20.27 + 0.8, -0.3, 1.72 - 0.98], atol=1e-6)
    assert abs(car.pose.orientation.w) == pytest.approx(1.0)              # seen from behind
    assert abs(cyclist.pose.orientation.z) == pytest.approx(0.5 ** 0.5)   # rides to the right
    assert cyclist.text == 'Cyclist with rider'
    assert cyclist.pose.position.y == pytest.approx(9.0 - 0.3)


def test_what_was_not_labelled_has_no_marker(object_split: Path, tmp_path: Path) -> None:
    labels = object_split / 'label_2' / '000001.txt'
    labels.write_text(labels.read_text() + 'DontCare -1 -1 -10 590 170 610 200 -1 -1 -1 -1000 '
                      '-1000 -1000 -10\n')
    assert run('kitti', object_split, tmp_path / 'out') == 0
    bag = tmp_path / 'out' / 'training_000001'
    assert len(cubes(read_bag(bag)['/annotations'][0][1])) == 2
    # Something of any kind may be ahead, so nothing is said to be missing there.
    assert '"answer": "no"' not in (bag / 'questions.jsonl').read_text()


@pytest.mark.parametrize(('name', 'content', 'message'), [
    ('label_2/000007.txt', 'x', r'000007\.txt: labels frame 000007, which has no calibration'),
    ('label_2/000001.txt', 'Car 0 0 0', r'000001\.txt, line 1: 4 words: expected a label'),
    ('label_2/000001.txt', CAR.format(
        type='Cow', occluded=0, left=1, right=2, x=0, y=0, z=9, turn=0),
     r"000001\.txt, line 1: label 'Cow': expected one of Car, Van"),
    ('calib/000001.txt', 'P0: 1 2', r'000001\.txt: no entry Tr_imu_to_velo'),
    ('velodyne/000001.bin', 'four', r'000001\.bin: 4 bytes: expected whole points of 4 numbers'),
])
def test_a_bad_file_is_named(
    object_split: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str,
    content: str, message: str,
) -> None:
    (object_split / name).write_text(content)
    assert run('kitti', object_split, tmp_path / 'out') == 1
    assert re.search(message, capsys.readouterr().err)
    assert set(left_behind(tmp_path / 'out')) <= {'training_000000'}


def test_a_label_of_a_frame_without_a_picture_is_named(
    object_split: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (object_split / 'image_2' / '000001.png').unlink()
    assert run('kitti', object_split, tmp_path / 'out') == 1
    assert re.search(r'000001\.png: cannot be read: No such file', capsys.readouterr().err)
