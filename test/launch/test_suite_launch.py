# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The launch file starts the suite as processes; a question goes through and all end cleanly."""

from pathlib import Path
import time
import unittest

from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
import launch_testing
import launch_testing.asserts
import numpy as np
import pytest
import rclpy
from rclpy.node import Node
from sensor_msgs.msg import PointCloud2, PointField

from mpnp_ros.core.weights import locate, WeightsMissing
from mpnp_ros.srv import GetModalities, Query

LAUNCH = Path(get_package_share_directory('mpnp_ros')) / 'launch' / 'mpnp.launch.py'
MODEL = 'smollm2-135m-instruct'

try:
    locate(MODEL)
except WeightsMissing as missing:
    pytest.skip(str(missing), allow_module_level=True)

PARAMETERS = """
/**/front_lidar:
  ros__parameters:
    modality: lidar
    encoder: lidar_range_view
    views: [top]
    view.top.topic: /points
/**/unused:
  ros__parameters:
    modality: spare
    encoder: lidar_range_view
/**/llm:
  ros__parameters:
    connectors: none
    threads: 1
"""


@pytest.mark.rostest
def generate_test_description() -> LaunchDescription:
    """Start the suite with one of two modalities, in a namespace of its own."""
    import tempfile
    folder = Path(tempfile.mkdtemp())
    (folder / 'suite.yaml').write_text(PARAMETERS, encoding='utf-8')
    return LaunchDescription([
        IncludeLaunchDescription(PythonLaunchDescriptionSource(str(LAUNCH)), launch_arguments={
            'params_file': str(folder / 'suite.yaml'), 'modalities': 'lidar',
            'namespace': 'robot'}.items()),
        launch_testing.actions.ReadyToTest()])


class TestSuite(unittest.TestCase):
    """Talk to the running suite as a user's program would."""

    @classmethod
    def setUpClass(cls) -> None:
        rclpy.init()
        cls.node = Node('visitor', namespace='robot')

    @classmethod
    def tearDownClass(cls) -> None:
        cls.node.destroy_node()
        rclpy.shutdown()

    def until(self, condition, what: str, timeout_s: float = 60.0):
        deadline = time.monotonic() + timeout_s
        while not (value := condition()):
            self.assertLess(time.monotonic(), deadline, f'waited in vain for {what}')
            rclpy.spin_once(self.node, timeout_sec=0.05)
        return value

    def call(self, kind, name: str, request):
        client = self.node.create_client(kind, name)
        self.until(client.service_is_ready, f'service {name}')
        future = client.call_async(request)
        return self.until(lambda: future.done() and future.result(), f'the reply of {name}')

    def test_named_modality_is_started_and_attached(self) -> None:
        points = np.random.default_rng(0).normal(0.0, 8.0, (500, 4)).astype('<f4')
        cloud = PointCloud2(
            height=1, width=500, point_step=16, row_step=8000, is_dense=True,
            fields=[PointField(name=name, offset=4 * index, datatype=7, count=1)
                    for index, name in enumerate(('x', 'y', 'z', 'intensity'))])
        cloud.data.frombytes(points.tobytes())
        publisher = self.node.create_publisher(PointCloud2, '/points', 10)

        def publish() -> None:
            cloud.header.stamp = self.node.get_clock().now().to_msg()
            publisher.publish(cloud)

        self.node.create_timer(0.1, publish)
        reply = self.until(
            lambda: (found := self.call(GetModalities, 'get_modalities',
                                        GetModalities.Request())).catalogue and found,
            'the catalogue')
        self.assertEqual([status.modality for status in reply.catalogue], ['lidar'])
        self.until(publisher.get_subscription_count, 'the encoder to open its sensor')

    def test_question_is_answered_through_the_service(self) -> None:
        reply = self.call(Query, 'query', Query.Request(
            question='What is the capital of France?', text_only=True, max_tokens=10))
        self.assertTrue(reply.success, reply.message)
        self.assertIn('Paris', reply.text)

    def test_nodes_carry_the_names_of_the_parameter_file(self) -> None:
        wanted = {'front_lidar', 'modality_manager', 'llm'}
        self.until(lambda: wanted <= set(self.node.get_node_names()), f'the nodes {wanted}')
        self.assertNotIn('unused', self.node.get_node_names())


@launch_testing.post_shutdown_test()
class TestAfterShutdown(unittest.TestCase):
    """Every process ended by itself, without a traceback."""

    def test_exit_codes(self, proc_info) -> None:
        launch_testing.asserts.assertExitCodes(proc_info)

    def test_no_traceback(self, proc_output) -> None:
        for output in proc_output:
            self.assertNotIn('Traceback', output.text.decode())
