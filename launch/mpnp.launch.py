# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Start the suite: one encoder node per modality of the parameter file, manager and LLM."""

from pathlib import Path

from ament_index_python.packages import get_package_share_directory
from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import LifecycleNode, Node
from launch_ros.parameter_descriptions import ParameterValue
import yaml

# A process that holds a model needs its time to leave on a busy machine.
PATIENCE_S = '20'
DEFAULT_PARAMETERS = Path(get_package_share_directory('mpnp_ros')) / 'config' / 'mpnp.yaml'

ARGUMENTS = [
    DeclareLaunchArgument(
        'params_file', default_value=str(DEFAULT_PARAMETERS),
        description='Parameter file; every node in it that has an `encoder` is a modality.'),
    DeclareLaunchArgument(
        'modalities', default_value='',
        description='Comma-separated modalities whose encoders are started here; empty: all of '
        'the parameter file; none: no encoder.'),
    DeclareLaunchArgument(
        'core', default_value='true', choices=['true', 'false'],
        description='Start the modality manager and the LLM node here.'),
    DeclareLaunchArgument(
        'composed', default_value='false', choices=['true', 'false'],
        description='Run all nodes in one process, where latents pass without a topic.'),
    DeclareLaunchArgument(
        'namespace', default_value='mpnp', description='Namespace of all nodes.'),
    DeclareLaunchArgument(
        'use_sim_time', default_value='false', choices=['true', 'false'],
        description='Take the time from /clock, as with a replayed bag.'),
    DeclareLaunchArgument(
        'autostart', default_value='true', choices=['true', 'false'],
        description='Configure and activate the nodes; otherwise they wait unconfigured.'),
    DeclareLaunchArgument(
        'log_level', default_value='info',
        choices=['debug', 'info', 'warn', 'error', 'fatal'],
        description='Log level of the nodes.'),
]


def encoder_names(params_file: str) -> dict[str, str]:
    """Return the node name of each modality that the parameter file describes."""
    try:
        content = yaml.safe_load(Path(params_file).read_text(encoding='utf-8'))
    except (OSError, yaml.YAMLError) as error:
        raise RuntimeError(f'cannot read the parameter file {params_file}: {error}') from error
    found: dict[str, str] = {}
    for key, section in (content or {}).items():
        values = section.get('ros__parameters', {}) if isinstance(section, dict) else {}
        if 'encoder' not in values:
            continue
        modality = values.get('modality')
        if not modality or modality in found:
            raise RuntimeError(f'{params_file}: {key} needs a `modality` of its own, '
                               f'got {modality!r}')
        found[modality] = key.rsplit('/', 1)[-1]
    return found


def start_nodes(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """Return the nodes that the arguments ask for."""
    def value(name: str) -> str:
        return str(context.perform_substitution(LaunchConfiguration(name)))

    encoders = encoder_names(value('params_file'))
    asked = [name.strip() for name in value('modalities').split(',') if name.strip()]
    if asked == ['none']:
        encoders = {}
    elif asked:
        unknown = sorted(set(asked) - set(encoders))
        if unknown:
            raise RuntimeError(f'argument modalities: unknown {", ".join(unknown)}; the parameter '
                               f'file has {", ".join(sorted(encoders)) or "none"}')
        encoders = {name: encoders[name] for name in asked}

    common = {
        'namespace': value('namespace'),
        'output': 'screen',
        # Which encoders encode the bags that the LLM node learns from, unless the file says so.
        'parameters': [{'adapt_suite': str(Path(value('params_file')).resolve())},
                       value('params_file'), {
            'use_sim_time': ParameterValue(value('use_sim_time') == 'true'),
            'autostart': ParameterValue(value('autostart') == 'true'),
        }],
        'ros_arguments': ['--log-level', value('log_level')],
        'sigterm_timeout': PATIENCE_S,
    }
    if value('composed') == 'true':
        return [Node(package='mpnp_ros', executable='suite_node', arguments=[
            '--encoders', *encoders.values(), '--core', value('core')], **common)]
    nodes = [('encoder_node', name) for name in encoders.values()]
    if value('core') == 'true':
        nodes += [('modality_manager_node', 'modality_manager'), ('llm_node', 'llm')]
    return [LifecycleNode(package='mpnp_ros', executable=executable, name=name, **common)
            for executable, name in nodes]


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and start the suite."""
    return LaunchDescription([*ARGUMENTS, OpaqueFunction(function=start_nodes)])
