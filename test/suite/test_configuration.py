# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A parameter file read without ROS means what it means to the nodes."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpnp_ros.suite.configuration import as_parameters, ConfigurationError, read_configuration

SHIPPED = sorted((Path(__file__).resolve().parents[2] / 'config').glob('*.yaml'))
LIDAR = """
/**/lidar_encoder:
  ros__parameters:
    modality: lidar
    encoder: lidar_range_view
    views: [top]
    view.top.topic: points
    options: {beams: 16}
    qos_overrides: {/points: {subscription: {reliability: reliable}}}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / 'suite.yaml'
    path.write_text(text, encoding='utf-8')
    return path


@pytest.mark.parametrize('path', SHIPPED, ids=lambda path: path.name)
def test_every_shipped_file_is_read(path: Path) -> None:
    configuration = read_configuration(path)
    assert {'camera', 'lidar'} <= configuration.modalities.keys()
    assert as_parameters(configuration)['llm']['model']


def test_dotted_and_nested_names_are_the_same(tmp_path: Path) -> None:
    configuration = read_configuration(write(tmp_path, LIDAR))
    lidar = configuration.modalities['lidar']
    assert lidar.topic('top') == '/points'
    assert lidar.options['beams'] == 16
    assert lidar.options['columns'] == 1024


def test_values_for_all_nodes_are_given_to_each(tmp_path: Path) -> None:
    text = '/**:\n  ros__parameters: {threads: 3}\n' + LIDAR + (
        '/**/llm:\n  ros__parameters: {max_age_s: 0.5}\n')
    configuration = read_configuration(write(tmp_path, text))
    assert configuration.modalities['lidar'].parameters.threads == 3
    assert (configuration.llm.threads, configuration.llm.max_age_s) == (3, 0.5)


def test_overrides_replace_values(tmp_path: Path) -> None:
    configuration = read_configuration(write(tmp_path, LIDAR), {
        'lidar_encoder.options.beams': 64, 'modality_manager.modalities': ['lidar']})
    assert configuration.modalities['lidar'].options['beams'] == 64
    assert configuration.manager.modalities == ['lidar']


@pytest.mark.parametrize(('change', 'cause'), [
    (('beams: 16', 'beams: many'), "option 'beams'"),
    (('beams: 16', 'beans: 16'), "no option 'beans'"),
    (('encoder: lidar_range_view', 'encoder: lidar_of_glass'), "encoder 'lidar_of_glass'"),
    (('modality: lidar', 'modality: ""'), 'needs a `modality`'),
    (('views: [top]', 'views: [top, top]'), 'expected distinct names'),
    (('view.top.topic', 'view.roof.topic'), 'belongs to no view'),
    (('view.top.topic: points', 'view.top.type: sensor_msgs/msg/Imu'), 'the encoder takes'),
    (('views: [top]', 'views: [top]\n    thread: 3'), "no parameter 'thread'"),
    (('views: [top]', 'views: [top]\n    threads: -1'), 'below the minimum'),
    (('views: [top]', 'views: [top]\n    max_rate_hz: 5'), 'expected a value of type float'),
    (('ros__parameters:', 'parameters:'), 'has no ros__parameters'),
])
def test_what_a_node_would_refuse_is_named(
    tmp_path: Path, change: tuple[str, str], cause: str
) -> None:
    path = write(tmp_path, LIDAR.replace(*change))
    with pytest.raises(ConfigurationError, match='suite.yaml') as caught:
        read_configuration(path)
    assert cause in str(caught.value)


def test_an_override_of_an_unknown_node_lists_the_nodes(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match='llm, modality_manager'):
        read_configuration(write(tmp_path, '/**/llm:\n  ros__parameters: {}\n'),
                           {'camera_encoder.threads': 1})


@pytest.mark.parametrize('text', ['[1, 2]', '{', 'a: 3'])
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match='suite.yaml'):
        read_configuration(write(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match='nowhere.yaml'):
        read_configuration(tmp_path / 'nowhere.yaml')
