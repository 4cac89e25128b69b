# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The Foxglove layout names only topics, fields and services that there are."""

from __future__ import annotations

from collections.abc import Iterator
import json
from pathlib import Path
import re
from typing import Any

from message_path import NUMBERS, PathError, resolve, topic_of
import pytest
from rosbags.typesys import get_types_from_msg
import yaml

from mpnp_ros import shipped
from mpnp_ros.evaluation.bags.bag import Bag
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.importing.drive import ANNOTATIONS_TOPIC

ROOT = Path(__file__).parents[2]
LAYOUTS = sorted((ROOT / 'config' / 'foxglove').glob('*.json'))
NAMESPACE = '/mpnp'
IMAGES = ('sensor_msgs/msg/CompressedImage', 'sensor_msgs/msg/Image')


def panels_of(layout: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [config for name, config in layout['configById'].items()
            if name.split('!')[0] == kind]


def placed(node: Any, layout: dict[str, Any]) -> Iterator[str]:
    """Return the panels of a part of the layout, tabs and what is in them too."""
    if isinstance(node, str):
        yield node
        for tab in layout['configById'].get(node, {}).get('tabs', []):
            yield from placed(tab['layout'], layout)
    elif node is not None:
        assert node['direction'] in ('row', 'column') and 0 < node['splitPercentage'] < 100
        yield from placed(node['first'], layout)
        yield from placed(node['second'], layout)


def table(name: str) -> dict[str, str]:
    """Return name and type of the rows of one of the README's tables."""
    readme = (ROOT / 'README.md').read_text(encoding='utf-8')
    part = readme.split(f'<!-- {name}:begin -->')[1].split(f'<!-- {name}:end -->')[0]
    return dict(re.findall(r'^\| `([^`]+)` \| `([^`]+)` \|', part, re.MULTILINE))


@pytest.fixture(scope='module')
def types() -> dict[str, str]:
    """Return the type of every topic that a layout may show."""
    with Bag(shipped.demo_drive() / 'bag', Problems()) as bag:
        known = {topic: info.type for topic, info in bag.topics.items()}
    known |= {f'{NAMESPACE}/{topic}': kind for topic, kind in table('topics').items()
              if '<' not in topic}
    return known | {ANNOTATIONS_TOPIC: 'visualization_msgs/msg/MarkerArray',
                    '/diagnostics': 'diagnostic_msgs/msg/DiagnosticArray'}


@pytest.fixture(params=LAYOUTS, ids=lambda path: path.stem)
def layout(request: pytest.FixtureRequest) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(request.param.read_text(encoding='utf-8'))
    return found


def test_there_is_a_layout() -> None:
    assert LAYOUTS


def test_every_panel_has_its_place_and_its_settings(layout: dict[str, Any]) -> None:
    found = list(placed(layout['layout'], layout))
    assert len(found) == len(set(found))
    assert set(found) == set(layout['configById'])


def test_pictures_points_and_boxes_are_those_of_the_drive(
        layout: dict[str, Any], types: dict[str, str]) -> None:
    for panel in panels_of(layout, 'Image'):
        assert types[panel['imageMode']['imageTopic']] in IMAGES
        assert types[panel['imageMode']['calibrationTopic']] == 'sensor_msgs/msg/CameraInfo'
    for panel in panels_of(layout, '3D') + panels_of(layout, 'Image'):
        assert set(panel['topics']) <= set(types)
        assert all(given['visible'] for given in panel['topics'].values())


def test_the_view_follows_the_frame_that_the_suite_works_in(layout: dict[str, Any]) -> None:
    bases = {values['ros__parameters'].get('base_frame') for values in yaml.safe_load(
        (ROOT / 'config' / 'mpnp.yaml').read_text(encoding='utf-8')).values()} - {None}
    assert {panel['followTf'] for panel in panels_of(layout, '3D')} == bases


def test_plots_are_of_numbers_that_the_messages_have(
        layout: dict[str, Any], types: dict[str, str]) -> None:
    paths = [series['value'] for panel in panels_of(layout, 'Plot') for series in panel['paths']]
    assert len(paths) > 10
    assert {resolve(path, types[topic_of(path)]) for path in paths} <= NUMBERS
    assert all(series['enabled'] for panel in panels_of(layout, 'Plot')
               for series in panel['paths'])


def test_transitions_are_of_single_values(layout: dict[str, Any], types: dict[str, str]) -> None:
    for panel in panels_of(layout, 'StateTransitions'):
        for series in panel['paths']:
            path = series['value']
            assert resolve(path, types[topic_of(path)]) in NUMBERS | {'string'}


def test_messages_and_tables_are_shown_from_topics_that_there_are(
        layout: dict[str, Any], types: dict[str, str]) -> None:
    for panel in panels_of(layout, 'RawMessages') + panels_of(layout, 'Table'):
        path = panel['topicPath']
        assert '/msg/' in resolve(path, types[topic_of(path)])


def test_diagnostics_are_shown(layout: dict[str, Any], types: dict[str, str]) -> None:
    for panel in panels_of(layout, 'DiagnosticSummary'):
        assert types[panel['topicToRender']] == 'diagnostic_msgs/msg/DiagnosticArray'


def test_a_question_can_be_asked(layout: dict[str, Any]) -> None:
    services = table('services')
    for panel in panels_of(layout, 'CallService'):
        kind = services[panel['serviceName'].removeprefix(f'{NAMESPACE}/')]
        definition = (ROOT / 'srv' / f'{kind.rsplit("/", 1)[1]}.srv').read_text(encoding='utf-8')
        request = get_types_from_msg(definition.split('\n---')[0], 'mpnp_ros/msg/Request')
        fields = {name for name, _ in request['mpnp_ros/msg/Request'][1]}
        payload = json.loads(panel['requestPayload'])
        assert payload['question'] and set(payload) <= fields


@pytest.mark.parametrize('path, what', [
    ('/mpnp/answers.timing.totl_ms', 'no field totl_ms'),
    ('/mpnp/answers.text.length', 'string has no field length'),
    ('/mpnp/answers.text[0]', 'string is no array'),
    ('/mpnp/answers.modalities[:]{modality==1}.age_s', 'modality is a string'),
    ('/mpnp/answers.modalities[:]{sensor=="camera"}.age_s', 'no field sensor'),
    ('/mpnp/answers.modalities[x].age_s', 'cannot be read'),
])
def test_a_path_that_has_drifted_is_found(path: str, what: str) -> None:
    with pytest.raises(PathError, match=what):
        resolve(path, 'mpnp_ros/msg/Answer')
