# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Play the shipped drive, start the suite, ask some questions, print the answers, exit."""

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
        description='Directory of the drive; empty: the one that comes with the package.'),
    DeclareLaunchArgument(
        'questions', default_value='',
        description='Questions of the drive (JSON lines); empty: those that come with it.'),
    DeclareLaunchArgument(
        'params_file', default_value=str(SHARE / 'config' / 'world.yaml'),
        description='Parameter file of the suite.'),
    DeclareLaunchArgument(
        'composed', default_value='true', choices=['true', 'false'],
        description='Run the suite in one process, which starts sooner on a small computer.'),
    DeclareLaunchArgument(
        'namespace', default_value='mpnp', description='Namespace of all nodes.'),
    DeclareLaunchArgument(
        'use_sim_time', default_value='true', choices=['true', 'false'],
        description='Take the time from the drive; false only with a drive recorded just now.'),
    DeclareLaunchArgument(
        'autostart', default_value='true', choices=['true', 'false'],
        description='Configure and activate the nodes; otherwise they wait unconfigured.'),
    DeclareLaunchArgument(
        'log_level', default_value='warn',
        choices=['debug', 'info', 'warn', 'error', 'fatal'],
        description='Log level of the nodes.'),
]


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the suite, the replay of the drive and the demo."""
    def value(name: str) -> str:
        return str(context.perform_substitution(LaunchConfiguration(name)))

    shared = ['params_file', 'composed', 'namespace', 'use_sim_time', 'autostart', 'log_level']
    suite = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(SHARE / 'launch' / 'mpnp.launch.py')),
        launch_arguments={name: value(name) for name in shared}.items())
    replay = replay_node(value('namespace'), value('log_level'), {
        'bag': value('bag') or str(shipped.world_drive() / 'bag'),
        'autostart': value('autostart') == 'true'})
    return [suite, replay,
            *visitor('demo', value('namespace'), {'questions': value('questions')})]


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and start the demo."""
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=start)])
