# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Latents are recorded, and replayed into an LLM node that has no sensor and no encoder."""

import pytest
from sensor_msgs.msg import PointCloud2
from sensors import cloud, LIDAR
from suite import Suite
from word_bags import Replay

from mpnp_ros.nodes.encoder_node import EncoderNode
from mpnp_ros.nodes.record_node import RecordNode
from mpnp_ros.nodes.stamps import stamp_from
from mpnp_ros.srv import Seek

CANDIDATES = ['yes', 'no']


@pytest.mark.weights
def test_replayed_latents_give_the_answer_that_the_sensor_gave(
        graph, lidar_connectors, tmp_path) -> None:
    suite = Suite(graph, lidar_connectors)
    recorder = graph.add(RecordNode, bag=str(tmp_path / 'bag'), min_free_mib=0)
    suite.until_attached('lidar')
    graph.until(lambda: '/latents/lidar' in recorder._taps
                and recorder._taps['/latents/lidar'].received, 'recorded latents')
    suite.stop_sensor()
    live = suite.ask('Is the way clear?', candidates=CANDIDATES, max_age_s=600.0)
    assert [use.modality for use in live.modalities] == ['lidar']
    recorded = {'/latents/lidar', '/modality_status', '/modality_decision', '/answers',
                '/standing_questions', '/question_vectors'}
    graph.until(lambda: recorded == {
        topic for topic, tap in recorder._taps.items() if tap.received}, 'the recorded topics')
    for node in (recorder, suite.encoder, suite.manager):
        graph.remove(node)
    suite.llm.trigger_deactivate()
    suite.llm.trigger_activate()
    assert not suite.ask('Is the way clear?', candidates=CANDIDATES).modalities

    replay = Replay(graph, str(tmp_path / 'bag'), rate=10.0)
    replay.resume()
    graph.until(lambda: suite.llm._attached.cache.taps, 'the recorded decision')
    # The node was not attached yet when the latents at the beginning of the bag came.
    assert replay.call('seek', Seek, time=stamp_from(replay.node._player.start_ns)).success
    replay.until_ended()
    suite.until_attached('lidar')
    again = suite.ask('Is the way clear?', candidates=CANDIDATES, max_age_s=600.0)
    assert again.success, again.message
    (before,), (after,) = live.modalities, again.modalities
    assert (after.modality, after.encoder_id, after.stamp, after.tokens, list(after.gates)) == (
        before.modality, before.encoder_id, before.stamp, before.tokens, list(before.gates))
    assert again.text == live.text
    assert list(again.scores) == pytest.approx(list(live.scores), abs=1e-5)


def test_recorder_of_latents_keeps_an_encoder_running(graph, tmp_path) -> None:
    graph.add(EncoderNode, **LIDAR)
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    timer = graph.node.create_timer(
        0.05, lambda: sensor.publish(cloud(graph.node.get_clock().now())))
    recorder = graph.add(RecordNode, bag=str(tmp_path / 'bag'), min_free_mib=0)
    graph.until(lambda: '/latents/lidar' in recorder._taps
                and recorder._taps['/latents/lidar'].received, 'recorded latents')
    recorder.trigger_deactivate()
    graph.until(lambda: not sensor.get_subscription_count(), 'the idle encoder')
    graph.node.destroy_timer(timer)
