# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A wrong configuration is told in one sentence; the node stays up and can be configured again."""

from diagnostic_msgs.msg import DiagnosticStatus
import pytest
from rclpy.parameter import Parameter
from rclpy.qos import QoSDurabilityPolicy, QoSProfile
from sensors import LIDAR

from mpnp_ros.msg import LatentTokens
from mpnp_ros.nodes.encoder_node import EncoderNode


@pytest.mark.parametrize(('given', 'cause'), [
    ({'encoder': 'sonar'}, 'lidar_range_view'),
    ({'modality': ''}, 'modality'),
    ({'views': ['top', 'top']}, 'distinct'),
    ({'view__top__type': 'sensor_msgs/msg/Image'}, 'sensor_msgs/msg/PointCloud2'),
    ({'options__beams': 1}, 'beams'),
])
def test_wrong_parameter_is_named_and_the_node_stays(graph, given, cause) -> None:
    node = graph.add(EncoderNode, bring_up=False, **{**LIDAR, **given})
    node.bring_up()
    assert not node.active
    assert cause in node.last_error
    assert graph.diagnostics(node)['life cycle'].level == DiagnosticStatus.ERROR


@pytest.mark.parametrize('given', [
    {'dtype': 'float8'}, {'threads': -1}, {'stale_after_s': 0.0}, {'status_period_s': 1e9},
])
def test_parameter_out_of_its_range_is_refused_at_start(graph, given) -> None:
    with pytest.raises(ValueError, match=next(iter(given))):
        graph.add(EncoderNode, bring_up=False, **{**LIDAR, **given})


def test_running_parameters_are_checked_and_kept(graph) -> None:
    node = graph.add(EncoderNode, **LIDAR)
    good, bad = node.set_parameters([
        Parameter('max_rate_hz', value=5.0), Parameter('future_tolerance_s', value=-1.0)])
    assert good.successful
    assert not bad.successful
    assert node.parameters.max_rate_hz == 5.0
    assert node.parameters.future_tolerance_s == 0.5


def test_every_parameter_is_described(graph) -> None:
    node = graph.add(EncoderNode, **LIDAR)
    ours = [*node.parameters.__dataclass_fields__, 'view.top.topic', 'options.beams']
    for descriptor in node.describe_parameters(ours):
        assert descriptor.description, descriptor.name


def test_incompatible_listener_shows_in_the_diagnostics(graph) -> None:
    node = graph.add(EncoderNode, **LIDAR)
    graph.node.create_subscription(
        LatentTokens, 'latents/lidar', lambda _message: None,
        QoSProfile(depth=1, durability=QoSDurabilityPolicy.TRANSIENT_LOCAL))
    graph.until(lambda: graph.diagnostics(node)['qos'].level == DiagnosticStatus.WARN,
                'the mismatch in the diagnostics')
    assert 'latents/lidar' in graph.diagnostics(node)['qos'].message


def test_clean_up_and_configure_again(graph) -> None:
    node = graph.add(EncoderNode, **LIDAR)
    for _ in range(3):
        node.trigger_deactivate()
        node.trigger_cleanup()
        node.bring_up()
        assert node.active
