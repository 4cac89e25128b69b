# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The command that records scenes leaves bags with questions, and goes on where it stopped."""

import json

import pytest

from mpnp_ros.world.generate import main, QUESTIONS
from mpnp_ros.world.recording import BAG, TRUTH
from mpnp_ros.world.truth_file import read_truth


@pytest.mark.usefixtures('graphics')
def test_scenes_are_recorded_once_and_asked_about(tmp_path, capsys) -> None:
    command = [str(tmp_path), '--scenes', '2', '--first-seed', '40', '--width', '96', '--height',
               '54', '--processes', '1', '--sensors', 'lidar_32', 'imu']
    assert main(command) == 0
    [part] = tmp_path.iterdir()
    stamps = {moment.stamp_ns for moment in read_truth(part / TRUTH)}
    asked = [json.loads(line) for line in (part / QUESTIONS).read_text().splitlines()]
    assert f'{len(asked)} questions' in capsys.readouterr().out
    assert len(stamps) == 2 and {line['stamp_ns'] for line in asked} == stamps
    assert len({line['id'] for line in asked}) == len(asked)
    assert {line['scene'] for line in asked} == {'seed 40', 'seed 41'}
    recorded = (part / BAG).stat().st_mtime_ns
    first = (part / QUESTIONS).read_bytes()
    assert main(command) == 0
    assert (part / BAG).stat().st_mtime_ns == recorded
    assert (part / QUESTIONS).read_bytes() == first
    assert main([*command, '--questions', '3']) == 0
    assert (part / BAG).stat().st_mtime_ns == recorded
    assert len((part / QUESTIONS).read_text().splitlines()) == 3 * len(stamps)
    assert main([*command, '--questions', '3', '--simple', '4']) == 0
    asked = [json.loads(line) for line in (part / QUESTIONS).read_text().splitlines()]
    assert len(asked) == 7 * len(stamps) and len({line['id'] for line in asked}) == len(asked)
    for stamp in stamps:
        about = [line for line in asked if line['stamp_ns'] == stamp]
        assert not any(line['hop'] for line in about[3:])
        assert len({line['question'] for line in about}) == len(about)


def test_an_unknown_sensor_file_is_named(tmp_path, capsys) -> None:
    assert main([str(tmp_path), '--sensors', 'sonar']) == 1
    assert 'sonar.yaml' in capsys.readouterr().err
