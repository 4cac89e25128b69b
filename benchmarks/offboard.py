# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Measure what arrives of latents over a slow link, and what is answered at its other end.

A lidar's encoder node runs at one end of a link between two network namespaces, manager and LLM
node run at the other. Linux, as root. Run in tools/shell: python benchmarks/offboard.py
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
import os
from pathlib import Path
import sys
import tempfile
import time
from typing import Any

sys.path.insert(1, str(Path(__file__).parents[1] / 'test' / 'offboard'))   # link and suite

from shaped_link import LinkUnavailable, Shape, ShapedLink  # noqa: E402, I100
from two_machines import Base, DEFAULT, lidar, offboard, save_connectors, THIN_LINK  # noqa: E402

from mpnp_ros.msg import LatentTokens  # noqa: E402
from mpnp_ros.nodes.stamps import nanoseconds  # noqa: E402

MODEL = 'smollm2-135m-instruct'
DOMAIN = 87
SENSOR_HZ = 10.0


@dataclass(frozen=True)
class Case:
    """What is sent: so many tokens of 128 values, so often at most."""

    dtype: str
    tokens: int
    rate_hz: float
    way: str = 'TCP'


# TCP: what docs/offboard.md recommends, with Fast DDS's own settings for it, and no TCP at all.
DDS = {'TCP': THIN_LINK, 'plain TCP': {'FASTDDS_BUILTIN_TRANSPORTS': 'LARGE_DATA'}, 'UDP': DEFAULT}
CASES = (
    Case('int8', 64, 10.0), Case('float16', 64, 10.0), Case('int8', 512, 5.0),
    Case('int8', 512, 10.0), Case('float16', 512, 10.0), Case('float32', 512, 10.0),
    Case('int8', 512, 10.0, 'plain TCP'), Case('float32', 512, 10.0, 'plain TCP'),
    Case('int8', 64, 10.0, 'UDP'), Case('int8', 512, 5.0, 'UDP'),
    Case('float32', 512, 10.0, 'UDP'))


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--seconds', type=float, default=5.0, help='measured for each row')
    parser.add_argument('--mbit', type=float, default=10.0)
    parser.add_argument('--delay-ms', type=float, default=50.0, help='one way')
    parser.add_argument('--loss', type=float, default=0.01, help='fraction of frames')
    given = parser.parse_args()
    shape = Shape(given.mbit * 1e6, given.delay_ms / 1e3, given.loss)
    try:
        ShapedLink(shape).close()
    except LinkUnavailable as unavailable:
        raise SystemExit(f'nothing is measured, for want of two network namespaces with a link '
                         f'between them: {unavailable}') from unavailable
    print(f'{shape}, each way; {os.cpu_count()} hardware threads, 1 torch thread in each of two '
          f'processes, {MODEL}')
    print(f'{"way":10}{"dtype":9}{"KiB":>5}{"Hz":>5}{"kB/s":>7}{"made Hz":>9}'
          f'{"arrived Hz":>12}{"age p50 s":>11}{"p95 s":>7}{"link kB/s":>11}{"per payload":>13}'
          f'{"answers/s":>11}')
    with tempfile.TemporaryDirectory() as folder:
        for way in DDS:
            cases = [case for case in CASES if case.way == way]
            measure(shape, way, cases, Path(folder) / way, given.seconds)


def measure(shape: Shape, way: str, cases: list[Case], folder: Path, seconds: float) -> None:
    """Bring up the suite on both ends with an encoder for each case, and print their rows."""
    encoders = [{**lidar(f'lidar_{number}', case.dtype, case.tokens), 'max_rate_hz': case.rate_hz}
                for number, case in enumerate(cases)]
    save_connectors(MODEL, encoders, folder, connected_blocks=8)
    llm = {'model': MODEL, 'connectors': str(folder), 'max_age_s': 60.0}
    with ShapedLink(shape) as link, offboard(
            link, encoders, llm, dds=DDS[way], sensor_rate_hz=SENSOR_HZ, domain=DOMAIN) as base:
        ages_s = note_ages(base)
        for case, encoder in zip(cases, encoders):
            print_row(case, encoder['modality'], base, link, ages_s, seconds)


def note_ages(base: Base) -> list[float]:
    """Return the list that the ages of latents are put into as the LLM node takes them, s."""
    ages_s: list[float] = []
    cache: Any = base.llm._attached.cache
    take = cache._take

    def timed(modality: str, message: LatentTokens) -> bool:
        ages_s.append((time.time_ns() - nanoseconds(message.header.stamp)) / 1e9)
        return bool(take(modality, message))

    cache._take = timed
    return ages_s


def print_row(case: Case, modality: str, base: Base, link: ShapedLink, ages_s: list[float],
              seconds: float) -> None:
    """Attach one encoder alone, measure, and print what arrived."""
    base.select(modality)
    tap = base.tap(modality)
    patience_s = time.monotonic() + 10.0   # what never arrives is a row too
    while tap.received < 3 and time.monotonic() < patience_s:
        base.work(0.2)
    del ages_s[:]
    before, published = link.counts()['robot'], base.statuses[modality].published
    began_s, answers = time.monotonic(), 0
    while (took_s := time.monotonic() - began_s) < seconds:
        answers += base.ask(modality).success
    after = link.counts()['robot']
    base.work(1.0)   # the status of the last period
    status = base.statuses[modality]
    made_hz = (status.published - published) / (time.monotonic() - began_s)
    link_bytes_per_s = (after.offered_bytes - before.offered_bytes) / took_s
    payload = case.tokens * 128 * {'int8': 1, 'float16': 2, 'float32': 4}[case.dtype]
    arrived = sorted(ages_s) or [float('nan')]
    p50, p95 = (arrived[min(len(arrived) - 1, int(part * len(arrived)))] for part in (0.5, 0.95))
    print(f'{case.way:10}{case.dtype:9}{payload / 1024:>5.0f}{case.rate_hz:>5.0f}'
          f'{payload * case.rate_hz / 1e3:>7.0f}{made_hz:>9.1f}'
          f'{len(ages_s) / (time.monotonic() - began_s):>12.1f}{p50:>11.2f}{p95:>7.2f}'
          f'{link_bytes_per_s / 1e3:>11.0f}{link_bytes_per_s / (payload * made_hz or 1):>13.2f}'
          f'{answers / took_s:>11.1f}', flush=True)


if __name__ == '__main__':
    main()
