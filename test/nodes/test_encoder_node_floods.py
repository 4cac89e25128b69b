# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A sensor that floods the encoder with messages keeps nobody else from being served."""

import random
import threading
import time

from rcl_interfaces.srv import GetParameters
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import PointCloud2
from sensors import cloud, LIDAR

from mpnp_ros.msg import LatentTokens, ModalityStatus
from mpnp_ros.nodes.encoder_node import EncoderNode
from mpnp_ros.nodes.qos import latched_qos, latents_qos

FLOOD_S = 1.5


def flood(domain: int, stop: threading.Event, sent: list[int]) -> None:
    """Publish clouds at 1 kHz, good ones and cut ones by chance, until told to stop."""
    # Good and cut ones in turn could meet a reader who takes every second one.
    draws = random.Random(0)
    context = rclpy.Context()
    rclpy.init(context=context, domain_id=domain)
    node = Node('flood', context=context)
    sensor = node.create_publisher(PointCloud2, '/points', 10)
    due_s = time.monotonic()
    while not stop.is_set():
        message = cloud(node.get_clock().now())
        if draws.random() < 0.5:
            del message.data[100:]
        sensor.publish(message)
        sent.append(len(sent))
        due_s += 1e-3
        stop.wait(max(0.0, due_s - time.monotonic()))
    node.destroy_node()
    rclpy.shutdown(context=context)


def test_a_flood_leaves_parameters_statuses_and_latents_flowing(graph, domain) -> None:
    graph.add(EncoderNode, **LIDAR)
    latents = graph.collect(LatentTokens, 'latents/lidar', latents_qos())
    status = graph.collect(ModalityStatus, 'modality_status', latched_qos(100))
    client = graph.node.create_client(GetParameters, 'encoder/get_parameters')
    graph.until(client.service_is_ready, 'the parameter service')
    stop, sent = threading.Event(), []
    thread = threading.Thread(target=flood, args=(domain, stop, sent))
    thread.start()
    try:
        graph.until(lambda: latents, 'the first latents')
        waits_s, statuses = [], len(status)
        end_s = time.monotonic() + FLOOD_S
        while time.monotonic() < end_s:
            began_s = time.monotonic()
            graph.call(client, GetParameters.Request(names=['modality']))
            waits_s.append(time.monotonic() - began_s)
        statuses = len(status) - statuses
        graph.until(lambda: status[-1].refused and status[-1].dropped, 'refusals and drops')
    finally:
        stop.set()
        thread.join()
    # Nobody waits for a queue of inputs to be worked off, on a machine however slow.
    assert max(waits_s) < 1.0
    # One a period and one per change, which come 50 ms apart at the most.
    assert 5 < statuses < 30 * FLOOD_S + 10
    last = graph.until(lambda: status[-1].received > 100 and status[-1], 'the last status')
    assert last.received >= last.published + last.refused + last.dropped
    before = len(latents)
    sensor = graph.node.create_publisher(PointCloud2, 'points', 10)
    graph.until(lambda: sensor.publish(cloud(graph.node.get_clock().now()))
                or len(latents) > before, 'latents after the flood')
