# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Measure what a scene of the simulated world costs one core, stage by stage, with all sensors.

Run in tools/shell: python benchmarks/world.py
Times are CPU time of the process, so that others on the machine count little; they still share its
caches, and on two hardware threads of a core its arithmetic. OpenGL is kept to one thread.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
import contextlib
import os
from pathlib import Path
import statistics
import tempfile
import time

os.environ.setdefault('LP_NUM_THREADS', '1')

from mpnp_ros.evaluation.bags.bag_writer import BagWriter  # noqa: E402
from mpnp_ros.world.conditions import Conditions  # noqa: E402
from mpnp_ros.world.journey import Journey, MOMENT_S  # noqa: E402
from mpnp_ros.world.recording import recorders  # noqa: E402
from mpnp_ros.world.sensing.rig import Instant  # noqa: E402
from mpnp_ros.world.sensing.weather import Weather  # noqa: E402
from mpnp_ros.world.simulator import Simulator  # noqa: E402
from mpnp_ros.world.vehicle import Vehicle  # noqa: E402

CONDITIONS = {
    'day': Conditions(),
    'night, fog, dirty lens': Conditions(light='night', fog=0.5, dirty=('front',)),
    'of the seed': None,
}


class Stages:
    """CPU seconds of each stage, scene by scene."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)

    @contextlib.contextmanager
    def of(self, name: str) -> Iterator[None]:
        """Count what the block costs to a stage."""
        began = time.process_time()
        yield
        self.seconds[name].append(time.process_time() - began)


def measure(seed: int, vehicle: Vehicle, conditions: Conditions | None, stages: Stages,
            bag: BagWriter) -> None:
    """Build, look at and record one scene."""
    with stages.of('all'):
        with stages.of('sample'):
            journey = Journey.from_seed(seed, conditions)
        with stages.of('build and compile'):
            simulator = Simulator(journey.scene, vehicle.cameras, journey.conditions)
        with simulator:
            ego = journey.motion(MOMENT_S)
            with stages.of('six pictures'):
                simulator.move(ego.pose, MOMENT_S)
                simulator.look(seed)
            with stages.of('other sensors'):
                vehicle.sensing.observe(Instant(
                    MOMENT_S, journey.motion, journey.objects(MOMENT_S), simulator.cast, seed,
                    weather=Weather.of(journey.conditions)))
    capture = next(journey.captures(vehicle))
    with stages.of('write to a bag'):
        for recorder in recorders(vehicle):
            for topic, stamp_ns, message in recorder.record(capture, seed * 4 * 10**9):
                bag.write_message(topic, recorder.topics[topic], stamp_ns, message)


def main() -> None:
    """Measure and print a table of medians for each set of conditions."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--scenes', type=int, default=20)
    parser.add_argument('--width', type=int, default=320, help='of the pictures, pixels')
    parser.add_argument('--height', type=int, default=180, help='of the pictures, pixels')
    given = parser.parse_args()
    vehicle = Vehicle.standard(given.width, given.height)
    next(Journey.from_seed(0).captures(vehicle))  # OpenGL compiles its shaders once
    for name, conditions in CONDITIONS.items():
        stages = Stages()
        with tempfile.TemporaryDirectory() as folder, BagWriter(Path(folder) / 'bag') as bag:
            for seed in range(given.scenes):
                measure(seed, vehicle, conditions, stages, bag)
        print(f'\n{given.scenes} scenes, {name}; six pictures of {given.width}x{given.height}; '
              f'load average {os.getloadavg()[0]:.1f}')
        for stage in ('sample', 'build and compile', 'six pictures', 'other sensors',
                      'write to a bag'):
            print(f'{stage:<20}{1e3 * statistics.median(stages.seconds[stage]):>8.0f} ms')
        total = [a + b for a, b in zip(stages.seconds['all'], stages.seconds['write to a bag'])]
        print(f'{"all of it":<20}{1e3 * statistics.median(total):>8.0f} ms median, '
              f'{1e3 * max(total):.0f} ms at most')


if __name__ == '__main__':
    main()
