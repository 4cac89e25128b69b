# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Sensor files: the shipped ones can be read, wrong ones are refused by file and field."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mpnp_ros import shipped
from mpnp_ros.world.sensing.sensor_file import read_sensor_file, rig_of, SensorFileError

LIDAR = {
    'kind': 'lidar', 'mounts': {'top': {'position': [1.0, 0.0, 1.8]}},
    'fans': [{'beams': 4, 'highest_deg': 1.0, 'lowest_deg': -3.0}], 'columns': 36,
    'min_range_m': 0.5, 'max_range_m': 50.0, 'dark_range_m': 30.0, 'noise_m': 0.02,
    'resolution_m': 0.0, 'dropout': 0.0}


def written(tmp_path: Path, content: object) -> Path:
    path = tmp_path / 'sensor.yaml'
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


def test_all_shipped_files_make_one_rig() -> None:
    folder = shipped.configuration('sensors/imu.yaml').parent
    files = {path.stem: read_sensor_file(path) for path in folder.glob('*.yaml')}
    assert {'lidar_32', 'lidar_64', 'radar', 'imu', 'microphones'} <= files.keys()
    rig = rig_of([*files['lidar_32'], *files['radar'], *files['imu'], *files['microphones']])
    assert len(rig.radars) == 5
    assert len(dict(rig.frames())) == 8


def test_fields_can_be_changed_without_another_file(tmp_path: Path) -> None:
    lidar, = read_sensor_file(written(tmp_path, LIDAR), columns=72)
    assert len(lidar.directions) == 4 * 72


@pytest.mark.parametrize(('change', 'words'), [
    ({'columns': 0}, 'columns is 0: expected greater than or equal to 8'),
    ({'noise_m': 'much'}, "noise_m is 'much': expected number"),
    ({'noise_m': float('nan')}, 'noise_m is nan: expected a finite number'),
    ({'colums': 36}, 'colums is unknown'),
    ({'fans': []}, r'fans is \(\): expected|fans is \[\]: '),
    ({'fans': [{'beams': 4, 'highest_deg': -3.0, 'lowest_deg': 1.0}]},
     'fans.0: lowest_deg 1 is above highest_deg -3'),
    ({'min_range_m': 50.0}, 'min_range_m 50 is not below max_range_m 50'),
    ({'mounts': {'top': {}}}, 'position is missing'),
    ({'mounts': {'top': 3}}, 'mounts.top: expected position and yaw_deg, got 3'),
    ({'mounts': {'Top Sensor': {'position': [0, 0, 0]}}}, "name is 'Top Sensor': expected"),
    ({'mounts': {}}, 'mounts: expected names of sensors'),
    ({'kind': 'sonar'}, "kind is 'sonar': expected one of lidar, radar, imu, microphones"),
])
def test_what_is_wrong_is_named(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    path = written(tmp_path, {**LIDAR, **change})
    with pytest.raises(SensorFileError, match=f'{path}.*(?:{words})'):
        read_sensor_file(path)


def test_all_causes_are_named_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, {**LIDAR, 'columns': 0, 'dropout': 2.0})
    with pytest.raises(SensorFileError) as caught:
        read_sensor_file(path)
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(('text', 'words'), [
    ('- a list', 'expected a mapping with kind, mounts, ..., got list'),
    ('{', 'is no YAML'),
])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(SensorFileError, match=words):
        read_sensor_file(written(tmp_path, text))


def test_two_sensors_of_one_name_are_refused(tmp_path: Path) -> None:
    sensors = read_sensor_file(written(tmp_path, LIDAR))
    with pytest.raises(ValueError, match='several sensors are called top'):
        rig_of([*sensors, *sensors])
