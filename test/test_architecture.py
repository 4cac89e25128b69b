# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The border between the algorithm and ROS, and the shape of the source files."""

import ast
from pathlib import Path
import subprocess
import sys

import pytest

PACKAGE = Path(__file__).parents[1] / 'mpnp_ros'
ROS_FREE = ('core', 'encoders', 'manager', 'suite', 'world', 'evaluation', 'importing',
            'training')
ROS = ('rclpy', 'launch', 'launch_ros', 'sensor_msgs', 'std_msgs', 'geometry_msgs', 'tf2_msgs',
       'rosidl_runtime_py', 'diagnostic_updater', 'ament_index_python', 'builtin_interfaces',
       'mpnp_ros.msg', 'mpnp_ros.srv', 'mpnp_ros.action', 'mpnp_ros.nodes')
SOURCES = sorted(PACKAGE.rglob('*.py'))


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def belongs(name: str, package: str) -> bool:
    return name == package or name.startswith(package + '.')


@pytest.mark.parametrize('part', ROS_FREE)
def test_the_algorithm_imports_no_ros(part: str) -> None:
    offenders = {
        f'{path.relative_to(PACKAGE)}: {name}'
        for path in (PACKAGE / part).rglob('*.py') for name in imported(path)
        if any(belongs(name, ros) for ros in ROS)}
    assert not offenders


def test_the_manager_needs_no_torch() -> None:
    offenders = {path.name for path in (PACKAGE / 'manager').rglob('*.py')
                 for name in imported(path) if belongs(name, 'torch')}
    assert not offenders


def test_nodes_do_no_tensor_arithmetic() -> None:
    """Nodes convert, time and publish; matrix products and networks live elsewhere."""
    offenders = set()
    for path in (PACKAGE / 'nodes').rglob('*.py'):
        if any(belongs(name, 'torch.nn') or name == 'transformers' for name in imported(path)):
            offenders.add(path.name)
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
                offenders.add(f'{path.name}:{node.lineno}')
    assert not offenders


def test_sources_stay_readable() -> None:
    lengths = {str(path.relative_to(PACKAGE)): len(path.read_text(encoding='utf-8').splitlines())
               for path in SOURCES}
    assert {name: count for name, count in lengths.items() if count > 420} == {}


def test_core_and_encoders_import_without_ros() -> None:
    """A machine without ROS imports the algorithm; here ROS is hidden from the import."""
    program = (
        'import sys\n'
        'class Hide:\n'
        '    def find_spec(self, name, path=None, target=None):\n'
        '        if name.split(".")[0] in ("rclpy", "sensor_msgs", "std_msgs", "tf2_msgs"):\n'
        '            raise ImportError(name + " is hidden")\n'
        'sys.meta_path.insert(0, Hide())\n'
        'import mpnp_ros.core.llm, mpnp_ros.core.connectors, mpnp_ros.manager.policy\n'
        'from mpnp_ros.encoders.base import names\n'
        'print(names())\n')
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True,
                          cwd='/', check=False)
    assert done.returncode == 0, done.stderr
    assert 'lidar_range_view' in done.stdout
