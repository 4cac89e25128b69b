# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Play the embedded drive, start the suite, ask three questions, print the answers, exit."""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    IncludeLaunchDescription,
    OpaqueFunction,
    RegisterEventHandler,
)
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.events.process import ProcessExited
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node

from mpnp_ros import shipped

SHARE = Path(get_package_share_directory('mpnp_ros'))

ARGUMENTS = [
    DeclareLaunchArgument(
        'bag', default_value='',
        description='Directory of the drive; empty: the one that comes with the package.'),
    DeclareLaunchArgument(
        'questions', default_value='',
        description='Questions of the drive (JSON lines); empty: those that come with it.'),
    DeclareLaunchArgument(
        'params_file', default_value=str(SHARE / 'config' / 'demo.yaml'),
        description='Parameter file of the suite.'),
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


def fail_with_the_demo(event: ProcessExited, _context: LaunchContext) -> EmitEvent:
    """Stop everything when the demo has ended; a failure makes the launch fail too."""
    if event.returncode:
        raise RuntimeError(f'the demo ended with status {event.returncode}')
    return EmitEvent(event=Shutdown(reason='the demo has ended'))


def start(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the suite, the replay of the drive and the demo."""
    def value(name: str) -> str:
        return str(context.perform_substitution(LaunchConfiguration(name)))

    shared = ['params_file', 'namespace', 'use_sim_time', 'autostart', 'log_level']
    suite = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(SHARE / 'launch' / 'mpnp.launch.py')),
        launch_arguments={name: value(name) for name in shared}.items())
    replay = LifecycleNode(
        package='mpnp_ros', executable='replay_node', name='replay',
        namespace=value('namespace'), output='screen',
        parameters=[{
            'bag': value('bag') or str(shipped.demo_drive() / 'bag'),
            'start_paused': True,
            'autostart': value('autostart') == 'true',
        }],
        ros_arguments=['--log-level', value('log_level')],
        sigterm_timeout='20')
    demo = Node(
        package='mpnp_ros', executable='demo_node', name='demo',
        namespace=value('namespace'), output={'both': 'screen'}, output_format='{line}',
        parameters=[{'questions': value('questions')}])
    return [
        suite, replay, demo,
        RegisterEventHandler(OnProcessExit(target_action=demo, on_exit=fail_with_the_demo))]


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and start the demo."""
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=start)])
