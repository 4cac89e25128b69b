# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What colcon builds, and the script that makes it found."""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path
import re
import shutil
import xml.etree.ElementTree as ElementTree

from environment.layout import Layout, ROS_VARIABLES
from environment.report import CommandFailed, Report, SetupError
from environment.ros_wheels import INTERFACES
from environment.stamps import fingerprint

DEFINITIONS = ('msg', 'srv', 'action', 'resource')
INSTALLED = ('mpnp_ros', 'launch', 'config')
BUILD_RULES = ('CMakeLists.txt', 'package.xml')

INTERFACE_RULES = """cmake_minimum_required(VERSION 3.16)
project({name})
find_package(ament_cmake REQUIRED)
find_package(rosidl_default_generators REQUIRED)
foreach(dependency IN ITEMS {depends})
  find_package(${{dependency}} REQUIRED)
endforeach()
file(GLOB interfaces RELATIVE ${{CMAKE_CURRENT_SOURCE_DIR}} msg/*.msg srv/*.srv action/*.action)
rosidl_generate_interfaces(${{PROJECT_NAME}} ${{interfaces}} DEPENDENCIES {depends})
ament_export_dependencies(rosidl_default_runtime)
ament_package()
"""

ENVIRONMENT = """# Made by tools/setup; sourced by tools/shell. Bash.
{start}
export MPNP_SHELL={env} MPNP_SOURCED_ROS={sourced}
export VIRTUAL_ENV={venv}
export PATH={venv}/bin:$PATH
{ros}
export ROS_LOG_DIR="${{ROS_LOG_DIR:-{env}/log/ros}}"
for mpnp_prefix in {prefixes}; do
  if [ -f "$mpnp_prefix/local_setup.bash" ]; then
    COLCON_PYTHON_EXECUTABLE={venv}/bin/python . "$mpnp_prefix/local_setup.bash"
  fi
done
unset mpnp_prefix
"""


# A terminal that has not sourced the ROS that the environment stands on gets it here.
SOURCE_ROS = 'if [ -z "$ROS_DISTRO" ] && [ -f {0}/setup.bash ]; then . {0}/setup.bash; fi'


def build_underlay(report: Report, layout: Layout) -> None:
    """Generate the interface packages that no wheel carries."""
    sources = layout.env / 'interfaces'
    for name in INTERFACES:
        manifest = ElementTree.parse(sources / name / 'package.xml').getroot()
        depends = sorted({
            element.text for tag in ('depend', 'build_depend') for element in manifest.iter(tag)
            if element.text and element.text.endswith(('_msgs', '_interfaces'))})
        (sources / name / 'CMakeLists.txt').write_text(
            INTERFACE_RULES.format(name=name, depends=' '.join(depends)), encoding='utf-8')
    colcon(report, layout, 'underlay', sources, layout.env / 'underlay_build', layout.underlay)


def build_package(report: Report, layout: Layout) -> None:
    """Build this package with symbolic links, so that an edit needs no build."""
    colcon(report, layout, 'build', layout.root, layout.build, layout.install)
    for path in layout.install.rglob('*'):
        if path.is_symlink() and not path.exists():
            path.unlink()   # its source is gone; colcon leaves the link behind


def colcon(
    report: Report, layout: Layout, log: str, sources: Path, build: Path, install: Path,
) -> None:
    """Run colcon on one folder; a build cut off, or of another Python, is not built upon."""
    unfinished = build.with_name(f'{build.name}.unfinished')
    cache = next(build.glob('*/CMakeCache.txt'), None)
    stale = cache and str(layout.python) not in cache.read_text(
        encoding='utf-8', errors='replace')
    if stale or unfinished.exists():
        shutil.rmtree(build, ignore_errors=True)
        shutil.rmtree(install, ignore_errors=True)
    unfinished.touch()
    jobs = str(len(os.sched_getaffinity(0)))
    variables = layout.variables() | {
        'COLCON_HOME': str(layout.env / 'colcon'),
        'COLCON_EXTENSION_BLOCKLIST': 'colcon_core.event_handler.desktop_notification',
        'MAKEFLAGS': f'-j{jobs}',
    }
    if install != layout.underlay and not layout.sourced:
        for name in ('AMENT_PREFIX_PATH', 'CMAKE_PREFIX_PATH'):
            prefixes = [*(str(layout.underlay / part) for part in INTERFACES), variables[name]]
            variables[name] = os.pathsep.join(prefixes)
    command = [
        shutil.which('colcon', path=variables['PATH']) or 'colcon',
        '--log-base', layout.log / 'colcon', 'build', '--base-paths', sources,
        '--build-base', build, '--install-base', install, '--symlink-install',
        '--event-handlers', 'console_direct+', 'console_cohesion-',
        '--cmake-args', f'-DPython3_EXECUTABLE={layout.python}', '-DBUILD_TESTING=OFF',
        '-DCMAKE_BUILD_TYPE=Release',
    ]
    try:
        report.run(log, command, env=variables, cwd=layout.env, describe=describe_make)
    except CommandFailed as failure:
        unfinished.unlink()   # it ended by itself: what is there is whole
        raise SetupError(
            f'colcon could not build {sources}: {first_error(failure.log)}; details in '
            f'{failure.log}') from failure
    unfinished.unlink()


def describe_make(line: str) -> str | None:
    """Return make's percentage out of a line of its output."""
    percent = re.match(r'\[ *(\d+)%\]', line)
    return f'{percent[1]} %' if percent else None


def first_error(log: Path) -> str:
    """Return the first line of the last build that tells of an error."""
    output = log.read_text(encoding='utf-8', errors='replace').rpartition('\n$ ')[2]
    lines = output.splitlines()
    for number, line in enumerate(lines):
        if re.search(r'\berror\b|CMake Error|Error:', line, re.IGNORECASE):
            following = ' '.join(part.strip() for part in lines[number + 1:number + 3])
            return f'{line.strip()} {following}'.strip()[:300] if line.endswith(':') else line
    return 'no error line found'


def package_fingerprint(layout: Layout) -> str:
    """Return what decides whether a build is needed: definitions, rules, names of files."""
    root = layout.root
    rules = [root / name for name in BUILD_RULES]
    rules += [path for folder in DEFINITIONS for path in sorted((root / folder).glob('*'))]
    names = [str(path.relative_to(root)) for folder in INSTALLED
             for path in files_below(root / folder)]
    # CMake installs an executable for every node that has a main().
    nodes = [str('\ndef main(' in path.read_text(encoding='utf-8'))
             for path in sorted((root / 'mpnp_ros' / 'nodes').glob('*_node.py'))]
    return fingerprint(rules, str(root), str(layout.python), *names, *nodes)


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files that are installed from a folder, in a stable order."""
    for path in sorted(folder.rglob('*')):
        if path.is_file() and '__pycache__' not in path.parts:
            yield path


def write_environment(layout: Layout) -> None:
    """Write the script that tools/shell sources."""
    ros = [f'export {name}={value}' for name, value in layout.ros_variables().items()]
    if not layout.sourced:
        ros.append('export ROS_AUTOMATIC_DISCOVERY_RANGE='
                   '"${ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST}"')
    (layout.env / 'env.sh').write_text(
        ENVIRONMENT.format(
            env=layout.env, venv=layout.venv, ros='\n'.join(ros),
            start=SOURCE_ROS.format(layout.sourced) if layout.sourced else
            f'unset {" ".join(ROS_VARIABLES)}', sourced=layout.sourced or '',
            prefixes=f'{layout.underlay} {layout.install}'),
        encoding='utf-8')
