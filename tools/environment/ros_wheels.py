# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""ROS 2 Jazzy out of wheels: what pip alone leaves undone."""

from __future__ import annotations

import configparser
from pathlib import Path, PurePosixPath
import re
import shutil
import sys
import sysconfig
import zipfile

from environment.layout import Layout
from environment.packages import run_pip
from environment.report import Report, SetupError

# Pure Python packages of the large wheel, by their folder or module in it.
PARTS = (
    'ament_copyright', 'ament_lint_cmake', 'ament_mypy', 'ament_pycodestyle', 'ament_xmllint',
    'composition_interfaces', 'diagnostic_updater', 'launch', 'launch_ros', 'launch_testing',
    'launch_testing_ros', 'launch_testing_ros_pytest_entrypoint.py', 'launch_xml', 'launch_yaml',
    'message_filters', 'osrf_pycommon', 'ros2cli', 'ros2node', 'ros2param', 'ros2pkg', 'ros2run',
    'ros2service', 'ros2topic', 'rosidl_runtime_py', 'sensor_msgs_py',
)
# What else than code they need.
SHARED = ('package.xml', 'grammar.lark')
# Interface packages that lie in it as definitions and are generated here.
INTERFACES = ('tf2_msgs',)
INSIDE = PurePosixPath('isaacsim/exts/isaacsim.ros2.core/jazzy')
# No part has a compiled module, so the one platform it is published for serves all.
PUBLISHED_FOR = ('--python-version', '3.12', '--platform', 'manylinux_2_35_x86_64')
# Our own command, a package of its own.
LAUNCH_COMMAND = PurePosixPath('tools/ros2_launch')

SCRIPT = """#!{python}
import sys

from {module} import {function}

if __name__ == '__main__':
    sys.exit({function}())
"""


def fetch_parts(report: Report, layout: Layout) -> None:
    """Take the ROS Python parts out of the large wheel, which is not kept."""
    scratch = layout.env / 'download'
    shutil.rmtree(scratch, ignore_errors=True)
    run_pip(
        report, layout, 'ros_python',
        ['download', '--no-deps', '--only-binary=:all:', *PUBLISHED_FOR, '--require-hashes',
         '-r', layout.locks / 'isaacsim.txt', '-d', scratch],
        lambda line: line.strip() if 'Downloading' in line else None)
    wheel = next(scratch.glob('*.whl'))
    with zipfile.ZipFile(wheel) as archive:
        unpack(archive, layout, scratch)
    shutil.rmtree(layout.ros_python, ignore_errors=True)
    (scratch / 'rclpy').rename(layout.ros_python)
    shutil.rmtree(scratch)
    (layout.site / 'mpnp_ros_python.pth').write_text(f'{layout.ros_python}\n', encoding='utf-8')
    register_packages(layout)
    write_scripts(layout)


def install_launch_command(report: Report, layout: Layout) -> None:
    """Install this repository's `ros2 launch`; no wheel carries ros2launch."""
    scratch = layout.env / 'download'
    shutil.rmtree(scratch, ignore_errors=True)
    shutil.copytree(layout.root / LAUNCH_COMMAND, scratch)   # pip builds inside the folder
    run_pip(
        report, layout, 'ros2_launch',
        ['install', '--no-deps', '--no-index', '--no-build-isolation', '--force-reinstall',
         scratch], lambda line: None)
    shutil.rmtree(scratch)


def launch_command_files(layout: Layout) -> list[Path]:
    """Return the files that `ros2 launch` is made of."""
    folder = layout.root / LAUNCH_COMMAND
    return [folder / 'pyproject.toml', *sorted((folder / 'mpnp_ros2_launch').glob('*.py'))]


def unpack(archive: zipfile.ZipFile, layout: Layout, scratch: Path) -> None:
    """Unpack the parts into `scratch`, their manifests and the interface definitions in place."""
    found = set()
    for name in archive.namelist():
        path = PurePosixPath(name)
        if not path.is_relative_to(INSIDE) or name.endswith('/'):
            continue
        inside = path.relative_to(INSIDE)
        part = inside.parts[1] if len(inside.parts) > 1 else ''
        base = part.partition('-')[0] if part.endswith('.egg-info') else part
        if inside.parts[0] == 'rclpy' and base in PARTS:
            target = scratch / inside
            found.add(base)
        elif inside.parts[0] == 'share' and base in INTERFACES and keeps(inside):
            target = layout.env / 'interfaces' / inside.relative_to('share')
            found.add(base)
        elif inside.parts[0] == 'share' and base in PARTS and inside.name in SHARED:
            target = layout.venv / inside
        else:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(archive.read(name))
    missing = {*PARTS, *INTERFACES} - found
    if missing:
        raise SetupError(f'{archive.filename} has no {", ".join(sorted(missing))}')


def keeps(inside: PurePosixPath) -> bool:
    """Return whether a file of an interface package is a definition or its manifest."""
    return inside.name == 'package.xml' or inside.suffix in ('.msg', '.srv', '.action')


def register_packages(layout: Layout) -> None:
    """Make the environment an ament prefix with all its packages in the index."""
    # colcon takes a prefix for one only with such a script in it; env.sh sets the variables.
    for shell in ('bash', 'sh', 'zsh'):
        (layout.venv / f'local_setup.{shell}').touch()
    index = layout.venv / 'share' / 'ament_index' / 'resource_index' / 'packages'
    index.mkdir(parents=True, exist_ok=True)
    for manifest in (layout.venv / 'share').glob('*/package.xml'):
        (index / manifest.parent.name).touch()


def write_scripts(layout: Layout) -> None:
    """Write the console scripts that the parts' metadata name."""
    for entry_points in layout.ros_python.glob('*.egg-info/entry_points.txt'):
        parser = configparser.ConfigParser(delimiters=('=',))
        parser.optionxform = str   # type: ignore[assignment,method-assign]
        parser.read(entry_points, encoding='utf-8')
        if not parser.has_section('console_scripts'):
            continue
        for name, target in parser['console_scripts'].items():
            module, _, function = target.partition(':')
            script = layout.venv / 'bin' / name
            script.write_text(
                SCRIPT.format(python=layout.python, module=module, function=function),
                encoding='utf-8')
            script.chmod(0o755)


def patch_cmake(layout: Layout) -> None:
    """Point the wheels' exported CMake targets at this Python instead of their builder's."""
    here = f'python{sys.version_info.major}.{sys.version_info.minor}'
    builder = r'/opt/python/cp\d+-cp\d+'
    rules = (
        (re.compile(rf'{builder}/lib/python3\.\d+/site-packages'), str(layout.site)),
        (re.compile(rf'{builder}/include/python3\.\d+'), sysconfig.get_path('include')),
        (re.compile(rf'{builder}/lib/python3\.\d+'), f'{sys.base_prefix}/lib/{here}'),
        (re.compile(builder), sys.base_prefix),
    )
    for path in (layout.venv / 'share').rglob('*'):
        if not path.is_file() or path.suffix not in ('.cmake', '.sh', '.txt', '.in', '.pc'):
            continue
        text = path.read_text(encoding='utf-8', errors='surrogateescape')
        if '/opt/python/' not in text:
            continue
        for pattern, replacement in rules:
            text = pattern.sub(lambda _, path=replacement: path, text)
        path.write_text(text, encoding='utf-8', errors='surrogateescape')
