# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the launch files share that play a bag to a program which visits the suite."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from launch.actions import EmitEvent, RegisterEventHandler
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.events.process import ProcessExited
from launch.launch_context import LaunchContext
from launch.launch_description_entity import LaunchDescriptionEntity
from launch_ros.actions import LifecycleNode, Node


def replay_node(namespace: str, log_level: str, parameters: Mapping[str, Any]) -> LifecycleNode:
    """Return the replay of a bag, which waits to be told to play."""
    return LifecycleNode(
        package='mpnp_ros', executable='replay_node', name='replay', namespace=namespace,
        output='screen', parameters=[{'start_paused': True, **parameters}],
        ros_arguments=['--log-level', log_level], sigterm_timeout='20')


def visitor(name: str, namespace: str,
            parameters: Mapping[str, Any]) -> list[LaunchDescriptionEntity]:
    """Return the visitor `<name>_node`, with whose end everything stops.

    A failure of it makes the launch fail too.
    """
    def end(event: ProcessExited, _context: LaunchContext) -> EmitEvent:
        if event.returncode:
            raise RuntimeError(f'the {name} ended with status {event.returncode}')
        return EmitEvent(event=Shutdown(reason=f'the {name} has ended'))

    node = Node(
        package='mpnp_ros', executable=f'{name}_node', name=name, namespace=namespace,
        output={'both': 'screen'}, output_format='{line}', parameters=[dict(parameters)])
    return [node, RegisterEventHandler(OnProcessExit(target_action=node, on_exit=end))]
