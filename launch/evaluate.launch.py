# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Play a bag through topics, start the suite, ask the bag's questions, write the evaluation."""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration

from mpnp_ros import shipped
from mpnp_ros.nodes.launch_parts import replay_node, visitor

SHARE = Path(get_package_share_directory('mpnp_ros'))

ARGUMENTS = [
    DeclareLaunchArgument(
        'bag', default_value='',
        description='The bag; empty: the drive that comes with the package.'),
    DeclareLaunchArgument(
        'questions', default_value='',
        description='File of its questions; empty: questions.jsonl in or beside the bag.'),
    DeclareLaunchArgument(
        'asked', default_value='',
        description='Questions as mpnp-evaluate hands them over, in place of `questions`.'),
    DeclareLaunchArgument(
        'bag_name', default_value='', description='Name of the bag in the records.'),
    DeclareLaunchArgument(
        'finish', default_value='true', choices=['true', 'false'],
        description='Write scores and report too; mpnp-evaluate does that itself.'),
    DeclareLaunchArgument(
        'out', default_value='runs/live', description='Folder of the results; it must be new.'),
    DeclareLaunchArgument(
        'mode', default_value='flow', choices=['flow', 'hold'],
        description='flow: the bag runs on while questions are answered, for latencies and '
        'drops; hold: it stands still at each question, for the answers of an offline run.'),
    DeclareLaunchArgument(
        'rate', default_value='1.0', description='Bag seconds per second.'),
    DeclareLaunchArgument(
        'settle_s', default_value='0.1',
        description="Ask this long after the stamp of a question, s of the bag's clock."),
    DeclareLaunchArgument(
        'composed', default_value='false', choices=['true', 'false'],
        description='Run the suite in one process.'),
    DeclareLaunchArgument(
        'latents_only', default_value='false', choices=['true', 'false'],
        description='The bag holds latents: start no encoder.'),
    DeclareLaunchArgument(
        'params_file', default_value=str(SHARE / 'config' / 'demo.yaml'),
        description='Parameter file of the suite.'),
    DeclareLaunchArgument(
        'namespace', default_value='mpnp', description='Namespace of all nodes.'),
    DeclareLaunchArgument(
        'log_level', default_value='warn',
        choices=['debug', 'info', 'warn', 'error', 'fatal'],
        description='Log level of the nodes.'),
]


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the suite, the replay and the evaluation."""
    def value(name: str) -> str:
        return str(context.perform_substitution(LaunchConfiguration(name)))

    bag = value('bag') or str(shipped.demo_drive() / 'bag')
    suite = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(SHARE / 'launch' / 'mpnp.launch.py')),
        launch_arguments={
            'params_file': value('params_file'), 'namespace': value('namespace'),
            'use_sim_time': 'true', 'log_level': value('log_level'),
            'composed': value('composed'),
            'modalities': 'none' if value('latents_only') == 'true' else '',
        }.items())
    replay = replay_node(value('namespace'), value('log_level'), {
        'bag': bag, 'rate': float(value('rate')), 'autostart': True})
    return [suite, replay, *visitor('evaluation', value('namespace'), {
        'bag': bag, 'questions': value('questions'), 'out': value('out'),
        'mode': value('mode'), 'settle_s': float(value('settle_s')),
        'params_file': value('params_file'), 'rate': float(value('rate')),
        'asked': value('asked'), 'bag_name': value('bag_name'),
        'finish': value('finish') == 'true'})]


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and start the evaluation."""
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=start)])
