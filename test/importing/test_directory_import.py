# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A folder of own data as a bag."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path
import re
from typing import Any

from import_pictures import write
from imports import left_behind, questions, run
import numpy as np
import pytest
from read_bag import cubes, points, read_bag, tree
from staged_directory import (
    BOXES,
    describe,
    description,
    FRAMES,
    MOUNT,
    START_NS,
    STEP_NS,
    write_boxes,
)

IMAGE, INFO = '/front/image_raw/compressed', '/front/camera_info'
Change = Callable[[dict[str, Any]], object]


def rewrite(folder: Path, change: Change) -> None:
    given = description()
    change(given)
    describe(folder, given)


def camera(**fields: Any) -> Change:
    return lambda given: given['sensors']['front'].update(fields)


def lidar(**fields: Any) -> Change:
    return lambda given: given['sensors']['top'].update(fields)


def test_sensors_become_topics_with_their_stamps_and_mounts(
    own_data: Path, tmp_path: Path
) -> None:
    assert run('directory', own_data, tmp_path / 'out') == 0
    assert left_behind(tmp_path / 'out') == ['yard']
    found = read_bag(tmp_path / 'out' / 'yard')
    stamps = [START_NS + frame * STEP_NS for frame in range(FRAMES)]
    for topic in (IMAGE, INFO, '/velodyne_points', '/tf'):
        assert [stamp for stamp, _ in found[topic]] == stamps
    np.testing.assert_allclose(tree(found, 1).lookup('map', 'front'), np.array(MOUNT) + [
        [0, 0, 0, 1], [0] * 4, [0] * 4, [0] * 4], atol=1e-12)
    info = found[INFO][0][1]
    np.testing.assert_array_equal(
        np.reshape(info.k, (3, 3)), [[500, 0, 4], [0, 510, 3], [0, 0, 1]])
    assert (info.width, info.height, info.d[0]) == (8, 8, 0.1)
    cloud = points(found['/velodyne_points'][1][1])
    assert cloud.dtype.names == ('x', 'y', 'z', 'intensity', 'ring')
    assert cloud['z'].tolist() == [3.0, 8.0]


def test_boxes_are_shown_and_asked_about(own_data: Path, tmp_path: Path) -> None:
    assert run('directory', own_data, tmp_path / 'out') == 0
    bag = tmp_path / 'out' / 'yard'
    boxes = cubes(read_bag(bag)['/annotations'][0][1])
    assert [box.text for box in boxes] == [
        'car parked', 'pedestrian moving', 'truck moving', 'hydrant']
    truck = boxes[2].pose.position   # given in the lidar's frame
    assert (truck.x, truck.y, truck.z) == (6.0, 1.0, 3.0)
    asked = questions(bag)
    assert len(asked) == 15
    assert {one['condition'] for one in asked} == {'fog'}


def test_questions_of_ones_own_stand_in_place_of_generated_ones(
    own_data: Path, tmp_path: Path
) -> None:
    own = {'stamp_ns': START_NS, 'question': 'Is the gate open?', 'answer': 'yes',
           'needs': ['camera'], 'id': 'gate'}
    write(own_data / 'questions.jsonl', json.dumps(own) + '\n')
    rewrite(own_data, lambda given: given.update(questions='questions.jsonl'))
    assert run('directory', own_data, tmp_path / 'out') == 0
    assert questions(tmp_path / 'out' / 'yard') == [own]


def test_only_sensors_are_needed(own_data: Path, tmp_path: Path) -> None:
    describe(own_data, {'sensors': {'front': description()['sensors']['front']}})
    assert run('directory', own_data, tmp_path / 'out') == 0
    assert set(read_bag(tmp_path / 'out' / 'own')) == {IMAGE, INFO, '/tf_static'}
    assert questions(tmp_path / 'out' / 'own') == []


@pytest.mark.parametrize(('change', 'message'), [
    (lambda g: g.pop('sensors'), r'dataset\.yaml: sensors: there is none'),
    (lambda g: g.update(sensor={}), r'dataset\.yaml: unknown entry sensor: expected name'),
    (lambda g: g.update(name='../up'), r"dataset\.yaml: name '\.\./up': expected the name of"),
    (lambda g: g.update(annotated=['ahead']), r"annotated: 'ahead': expected some of front"),
    (camera(type='sonar'), r"sensor front: type 'sonar': expected one of camera, lidar, radar"),
    (camera(intrinsics=[1.0, 2.0]), r'sensor front: intrinsics: expected 4 finite numbers, got'),
    (camera(intrinsics=None), r'sensor front: intrinsics: expected 4 finite numbers, got None'),
    (camera(files='nothing/*.png'), r'nothing/\*\.png: no file of the sensor front'),
    (camera(unit='hours'), r"unit 'hours': expected one of ns, us, ms, s"),
    (camera(transform={'matrix': np.diag([1.0, 2, 1, 1]).tolist()}),
     r'sensor front, transform: not a rotation and a shift'),
    (camera(transform={'translation': [0, 0, 0]}),
     r'sensor front, transform: no entry rotation: expected 4 finite numbers'),
    (lidar(columns=['x', 'y', 'z']), r'0\.npy: an array of shape \[2, 5\]: expected points by 3'),
    (lidar(stamps='points/none.csv'), r'none\.csv: cannot be read: No such file'),
    (lambda g: g.update(boxes='none.jsonl'), r'none\.jsonl: cannot be read'),
])
def test_a_wrong_description_is_named(
    own_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: Change,
    message: str,
) -> None:
    rewrite(own_data, change)
    assert run('directory', own_data, tmp_path / 'out') == 1
    said = capsys.readouterr().err
    assert re.search(message, said), said
    assert left_behind(tmp_path / 'out') == []


@pytest.mark.parametrize(('name', 'content', 'message'), [
    ('dataset.yaml', 'sensors: [', r'dataset\.yaml: not YAML'),
    ('dataset.yaml', 'sensors', r'dataset\.yaml: expected entries, got str'),
    ('points/stamps.csv', '0.npy;3\n', r"stamps\.csv, line 1: '0\.npy;3': expected a file name"),
    ('points/stamps.csv', '0.npy,noon\n', r"stamps\.csv, line 1: 'noon': not a stamp"),
    ('points/0.npy', 'x', r'0\.npy: not an array of numpy'),
    ('images/frame_x.png', 'x', r"frame_x\.png: 'frame_x': not a stamp"),
    ('poses.csv', '1,2,3\n', r'poses\.csv, line 1: expected a stamp and 7 finite numbers'),
    ('poses.csv', '1,0,0,0,0,0,0,0\n', r'poses\.csv, line 1: quaternion .* has no direction'),
    ('boxes.jsonl', '{"stamp_ns": 1', r'boxes\.jsonl, line 1: not a box'),
    ('boxes.jsonl', '{"category": "car"}', r"boxes\.jsonl, line 1: no field 'stamp_ns'"),
])
def test_a_wrong_file_is_named(
    own_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, content: str,
    message: str,
) -> None:
    write(own_data / name, content)
    assert run('directory', own_data, tmp_path / 'out') == 1
    said = capsys.readouterr().err
    assert re.search(message, said), said
    assert left_behind(tmp_path / 'out') == []


@pytest.mark.parametrize(('fields', 'message'), [
    ({'frame': 'lidar_rear'},
     "a box in the frame 'lidar_rear' of a sensor that is not there: expected one of base_link, "
     'front, lidar_top'),
    ({'status': 'flying'}, "status 'flying' of a car: expected moving, stopped, parked"),
    ({'size': [1.0, 0.0, 1.0]}, 'centre, yaw and size: expected finite numbers, sizes above 0'),
    ({'centre': [1.0, 2.0]}, 'not a box'),
    ({'yaw': None}, 'not a box'),
])
def test_a_wrong_box_is_named(
    own_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], fields: dict[str, Any],
    message: str,
) -> None:
    write_boxes(own_data, ({**BOXES[0], **fields},))
    assert run('directory', own_data, tmp_path / 'out') == 1
    said = capsys.readouterr().err
    assert f'boxes.jsonl, line 1: {message}' in said, said


@pytest.mark.parametrize(('fields', 'message'), [
    ({'question': ''}, 'the question is empty'),
    ({'stamp_ns': START_NS + 10 ** 12}, "the stamp lies outside the bag's time"),
    ({'needs': ['radar']}, "'needs' names the modality 'radar'; there are camera, lidar"),
])
def test_a_question_that_cannot_be_asked_is_named(
    own_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], fields: dict[str, Any],
    message: str,
) -> None:
    write(own_data / 'questions.jsonl', json.dumps(
        {'stamp_ns': START_NS, 'question': 'Open?', **fields}) + '\n')
    rewrite(own_data, lambda given: given.update(questions='questions.jsonl'))
    assert run('directory', own_data, tmp_path / 'out') == 1
    said = capsys.readouterr().err
    assert 'questions.jsonl, line 1' in said
    assert message in said
    assert left_behind(tmp_path / 'out') == []
    assert run('directory', own_data, tmp_path / 'out', '--keep-going') == 3
    assert left_behind(tmp_path / 'out') == ['yard']
