# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Record a drive of changing conditions: a street by day, one in fog and one at night.

Run as `python -m mpnp_ros.world.world_drive DIRECTORY`. The seeds are those of no scene that
connectors are trained on.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
import sys

from mpnp_ros.world.conditions import Conditions
from mpnp_ros.world.generate import write_questions
from mpnp_ros.world.journey import Journey
from mpnp_ros.world.recording import record_journeys
from mpnp_ros.world.renderer import NoGraphics
from mpnp_ros.world.vehicle import Vehicle

JOURNEYS = (
    (3_000_001, Conditions('day')),
    (3_000_007, Conditions('day', fog=0.9)),
    (3_000_004, Conditions('night')),
)
TIMES = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5)  # of each journey; microphones and IMU hear the time before
APART_S = 3.5
START_NS = 1_767_268_800 * 1_000_000_000  # 2026-01-01 12:00 UTC


def journeys() -> Iterator[Journey]:
    """Return the streets one after the other."""
    for seed, conditions in JOURNEYS:
        yield Journey.from_seed(seed, conditions, duration_s=TIMES[-1] + 0.5)


def make_drive(directory: Path) -> int:
    """Record the drive with its questions and return their number.

    Raises FileExistsError where the directory exists.
    """
    record_journeys(directory, journeys(), Vehicle.standard(), TIMES, START_NS, APART_S)
    return write_questions([directory])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code (see --help)."""
    parser = argparse.ArgumentParser(
        description=(__doc__ or '').split('\n', 1)[0], prog='python -m mpnp_ros.world.world_drive')
    parser.add_argument('directory', type=Path)
    options = parser.parse_args(arguments)
    try:
        print(f'{options.directory}: {make_drive(options.directory)} questions')
    except (NoGraphics, OSError, ValueError) as error:
        print(f'mpnp_ros.world.world_drive: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
