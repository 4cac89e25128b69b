# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The README's tables of topics, services, parameters and launch arguments match the code."""

from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
import re
import time

import pytest
from rclpy.action.graph import get_action_server_names_and_types_by_node
from sensors import LIDAR
from suite import LLM
from word_bags import WORD, write_words

from mpnp_ros.nodes.encoder_node import EncoderNode
from mpnp_ros.nodes.llm_node import LlmNode
from mpnp_ros.nodes.modality_manager_node import ModalityManagerNode
from mpnp_ros.nodes.replay_node import ReplayNode

ROOT = Path(__file__).parents[2]
README = (ROOT / 'README.md').read_text(encoding='utf-8')
NOT_OURS = ('/rosout', '/parameter_events', '/diagnostics', 'transition_event')


@pytest.fixture
def space(request) -> str:
    """Return a namespace of the test's own: earlier tests may have left nodes in the graph."""
    return f'/{request.node.name}'


def rows(section: str) -> list[list[str]]:
    """Return the cells of a marked table, without its head."""
    text = re.search(
        rf'<!-- {section}:begin -->\n(.*?)<!-- {section}:end -->', README, re.DOTALL)[1]
    lines = [line for line in text.splitlines() if line.startswith('|')][2:]
    return [[cell.strip().replace('`', '') for cell in line.strip('|').split('|')]
            for line in lines]


def named(space: str, topics: list[tuple[str, list[str]]]) -> set[tuple[str, str]]:
    """Return (topic, type) of what is ours, with the sensor's names made general."""
    general = {f'{space}/latents/lidar': 'latents/<modality>', f'{space}/points': '<sensor>'}
    return {(general.get(name, name).removeprefix(f'{space}/'), kind)
            for name, kinds in topics for kind in kinds
            if not name.endswith(NOT_OURS) and name != '/tf_static' and '/_action/' not in name}


def settled(graph, read, expected):
    """Return what `read` gives once it is as expected, or what it gives in the end.

    A graph is discovered little by little: endpoints show up some time after their creation.
    """
    deadline = time.monotonic() + 15.0
    while (found := read()) != expected and time.monotonic() < deadline:
        graph.spin_for(0.1)
    return found


def replay(graph, space, folder) -> ReplayNode:
    """Return a replay of a bag with one topic, '/words'."""
    bag = write_words(folder / 'bag', [('/words', 0, 'one')])
    return graph.add(ReplayNode, namespace=space, bag=bag, start_paused=True)


def test_topics(graph, space, lidar_connectors, tmp_path) -> None:
    published = {'encoder': set(), 'modality_manager': set(), 'llm': set(), 'replay': set()}
    subscribed = {name: set() for name in published}
    for topic, kind, senders, receivers, _ in rows('topics'):
        for node in published:
            if node in senders.split(', '):
                published[node].add((topic, kind))
            if node in receivers.split(', '):
                subscribed[node].add((topic, kind))
    subscribed['encoder'].add(('<sensor>', 'sensor_msgs/msg/PointCloud2'))
    published['replay'].add(('/words', WORD))
    nodes = [graph.add(ModalityManagerNode, namespace=space),
             graph.add(EncoderNode, namespace=space, **LIDAR, always_on=True),
             graph.add(LlmNode, namespace=space, **LLM, connectors=str(lidar_connectors)),
             replay(graph, space, tmp_path)]
    graph.until(lambda: nodes[2]._attached.cache.taps, 'the attached modality')
    names = [node.get_name() for node in nodes]
    ask = graph.node
    assert settled(graph, lambda: {name: named(
        space, ask.get_publisher_names_and_types_by_node(name, space)) for name in names},
        published) == published
    assert settled(graph, lambda: {name: named(
        space, ask.get_subscriber_names_and_types_by_node(name, space)) for name in names},
        subscribed) == subscribed


def test_services_and_actions(graph, space, need_weights, tmp_path) -> None:
    need_weights(LLM['model'])
    nodes = [graph.add(ModalityManagerNode, namespace=space),
             graph.add(LlmNode, namespace=space, **LLM, connectors='none'),
             replay(graph, space, tmp_path)]
    documented = {tuple(row[:3]) for row in rows('services')}

    def served() -> set:
        ask = graph.node
        services = {
            (name.removeprefix(f'{space}/'), kind, node.get_name()) for node in nodes
            for name, kinds in ask.get_service_names_and_types_by_node(node.get_name(), space)
            for kind in kinds if kind.startswith(('mpnp_ros/srv/', 'std_srvs/srv/'))}
        actions = {
            (name.removeprefix(f'{space}/'), kind, 'llm') for name, kinds in
            get_action_server_names_and_types_by_node(ask, 'llm', space) for kind in kinds}
        return services | actions

    assert settled(graph, served, documented) == documented


def test_parameters_and_launch_arguments() -> None:
    loader = SourceFileLoader('reference', str(ROOT / 'tools' / 'reference'))
    reference = module_from_spec(spec_from_loader('reference', loader))
    loader.exec_module(reference)
    assert reference.filled(README) == README, 'run tools/reference --write README.md'
