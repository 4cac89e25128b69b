# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Run the suite for long under load, plug and unplug all the while, and watch its memory.

Encoder, manager and LLM node run in processes of their own, or with --composed in one. A lidar of
20 Hz feeds them; clients ask in turn, one question stands, and `set_modalities` takes the lidar
out and back in. Counted are processes that ended, silences (no answer for 10 s), answers that
used latents older than the maximum age, and how much resident memory grew after the warm-up.
The exit status is 1 where one of them is not as it should be. Writes soak.json and soak.svg.
Run in tools/shell: ROS_DOMAIN_ID=83 python benchmarks/soak.py --minutes 60 --toggles 1000
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
import json
import os
from pathlib import Path
import statistics
import sys
import tempfile
import time
from typing import Any

sys.path.insert(1, str(Path(__file__).parents[1] / 'test' / 'faults'))   # suite and user

from running_suite import MAX_AGE_S, RunningSuite, save_suite  # noqa: E402, I100
from user import User  # noqa: E402

from mpnp_ros.msg import ModalityDecision  # noqa: E402
from mpnp_ros.srv import Query  # noqa: E402

CLIENTS, LIDAR_HZ = 4, 20.0
SILENCE_S, START_S = 10.0, 120.0
MOST_GROWTH_PERCENT = 2.0
MIB = 2 ** 20


def main() -> None:
    """Run the soak and print what it found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--minutes', type=float, default=60.0)
    parser.add_argument('--toggles', type=int, default=1000,
                        help='times that the lidar is taken out or in, evenly over the minutes')
    parser.add_argument('--model', default='',
                        help='language model; empty: one of a few thousand random weights')
    parser.add_argument('--composed', action='store_true', help='all nodes in one process')
    parser.add_argument('--warm-up', type=float, default=0.1, metavar='SHARE',
                        help='share of the minutes after which memory is expected to stay')
    parser.add_argument('--state-cache-mb', type=int, default=1,
                        help='most that the LLM node keeps of questions, MiB: full after the '
                        'warm-up, so that growth is something else; default: %(default)s')
    parser.add_argument('--sample-s', type=float, default=5.0,
                        help='period of the samples of memory, s')
    parser.add_argument('--out', type=Path, default=Path('soak'), help='folder for the results')
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    domain = int(os.environ.get('ROS_DOMAIN_ID', '0'))
    with tempfile.TemporaryDirectory() as folder:
        file = save_suite(Path(folder), given.model, state_cache_mb=given.state_cache_mb)
        with RunningSuite(file, domain, composed=given.composed) as suite:
            user = User(domain, lidar_hz=LIDAR_HZ)
            try:
                user.until(user.uses_lidar, 'a first answer that uses the lidar', START_S)
                user.until(lambda: user.watch('soak'), 'the standing question')
                soak = Soak(suite, user, given.minutes * 60.0, given.toggles, given.sample_s)
                soak.run()
                found = soak.found(given.warm_up)
            finally:
                user.close()
    found = {'given': {**vars(given), 'out': str(given.out)}, **found}
    (given.out / 'soak.json').write_text(json.dumps(found, indent=1) + '\n', encoding='utf-8')
    (given.out / 'soak.svg').write_text(memory_curve(found), encoding='utf-8')
    raise SystemExit(report(found))


class Soak:
    """The load, and what is counted under it."""

    def __init__(self, suite: RunningSuite, user: User, seconds: float, toggles: int,
                 sample_s: float) -> None:
        self._suite, self._user = suite, user
        self._seconds, self._toggles, self._sample_s = seconds, toggles, sample_s
        self._clients = [user.node.create_client(Query, 'query') for _ in range(CLIENTS)]
        self._memory: list[tuple[float, dict[str, int]]] = []
        self._codes: Counter[str] = Counter()
        self._uses: Counter[str] = Counter()
        self._round_trip_ms: list[float] = []
        self._silences: list[tuple[float, float]] = []
        self._toggled = self._refused_toggles = 0

    def run(self) -> None:
        """Ask, toggle and sample until the time is over or a process has ended."""
        began_s = answered_s = time.monotonic()
        sample_at_s, plugged, asked = began_s, True, 0
        while (now_s := time.monotonic()) - began_s < self._seconds and not self._suite.ended():
            if now_s >= sample_at_s:
                self._memory.append((now_s - began_s, self._suite.resident_bytes()))
                sample_at_s += self._sample_s
            if self._toggled < self._toggles * (now_s - began_s) / self._seconds:
                plugged = not plugged
                chosen = self._user.select(*(['lidar'] if plugged else []))
                self._refused_toggles += chosen is None or not chosen.success
                self._toggled += 1
            asked += 1
            if self._ask(asked):
                silent_s = time.monotonic() - answered_s
                if silent_s > SILENCE_S:
                    self._silences.append((answered_s - began_s, silent_s))
                answered_s = time.monotonic()
            self._user.work(0.05)
        if (silent_s := time.monotonic() - answered_s) > SILENCE_S:
            self._silences.append((answered_s - began_s, silent_s))
        self._memory.append((time.monotonic() - began_s, self._suite.resident_bytes()))

    def _ask(self, number: int) -> bool:
        began_s = time.monotonic()
        # Every tenth question is one that has not been asked before, and every fifth in free text.
        fields: dict[str, Any] = {'question': f'is the way clear at {number}?'} if (
            number % 10 == 0) else {}
        if number % 5 == 1:
            fields |= {'candidates': [], 'max_tokens': 8}
        response = self._user.ask(self._clients[number % CLIENTS], **fields)
        if response is None:
            self._codes['none in time'] += 1
            return False
        self._codes['answered' if response.success else f'refused: {response.message[:80]}'] += 1
        if response.success:
            self._round_trip_ms.append((time.monotonic() - began_s) * 1e3)
            self._uses['lidar' if response.modalities else 'text only'] += 1
        return True

    def found(self, warm_up: float) -> dict[str, Any]:
        """Return the figures, after a share of the time for which memory may still grow."""
        decision: ModalityDecision = self._user.decision
        return {
            'seconds': self._memory[-1][0],
            'ended': self._suite.ended(),
            'silences': self._silences,
            'oldest_latents_s': self._user.oldest_s,
            'max_age_s': MAX_AGE_S,
            'toggles': self._toggled,
            'refused_toggles': self._refused_toggles,
            'decisions': decision.sequence,
            'questions': dict(self._codes),
            'used': dict(self._uses),
            'standing_answers': self._user.answers,
            'round_trip_ms_median': statistics.median(self._round_trip_ms or [0.0]),
            'load_average': os.getloadavg()[0],
            'warm_up_s': warm_up * self._seconds,
            'growth_percent': {
                name: growth_percent(
                    [(at_s, sizes[name]) for at_s, sizes in self._memory if name in sizes],
                    warm_up * self._seconds) for name in self._memory[0][1]},
            'resident_bytes': self._memory,
        }


def growth_percent(samples: Sequence[tuple[float, int]], warm_up_s: float) -> float:
    """Return by how much the last fifth after the warm-up lies above the first, medians, %."""
    sizes = [size for at_s, size in samples if at_s >= warm_up_s]
    fifth = max(len(sizes) // 5, 1)
    before = statistics.median(sizes[:fifth])
    return float(100.0 * (statistics.median(sizes[-fifth:]) / before - 1.0))


def report(found: Mapping[str, Any]) -> int:
    """Print what was found; return 1 where something is not as it should be."""
    print(f'{found["seconds"] / 60:.1f} min, {found["toggles"]} toggles '
          f'({found["refused_toggles"]} without effect), {found["decisions"]} decisions, '
          f'load average {found["load_average"]:.1f}')
    for what, count in found['questions'].items():
        print(f'  questions {what}: {count}')
    print(f'  answers used: {found["used"]}; median round trip '
          f'{found["round_trip_ms_median"]:.1f} ms; {found["standing_answers"]} answers to the '
          'standing question')
    checks = [
        (f'processes that ended: {found["ended"] or "none"}', not found['ended']),
        (f'silences above {SILENCE_S:.0f} s: {found["silences"] or "none"}',
         not found['silences']),
        (f'oldest latents used: {found["oldest_latents_s"]:.3f} s, the maximum age is '
         f'{found["max_age_s"]:.3f} s', found['oldest_latents_s'] <= found['max_age_s']),
        ('toggles without effect', not found['refused_toggles'])]
    first, last = found['resident_bytes'][0][1], found['resident_bytes'][-1][1]
    for name, percent in found['growth_percent'].items():
        checks.append((
            f'{name}: resident {first[name] / MIB:.1f} MiB at first, '
            f'{last.get(name, 0) / MIB:.1f} MiB at last, {percent:+.2f} % after the warm-up of '
            f'{found["warm_up_s"]:.0f} s', percent < MOST_GROWTH_PERCENT))
    for words, well in checks:
        print(f'{"ok " if well else "NOT"} {words}')
    return 0 if all(well for _, well in checks) else 1


def memory_curve(found: Mapping[str, Any]) -> str:
    """Return a drawing of the resident memory of each process over time."""
    width, height, left, top = 860, 360, 60, 30
    samples = found['resident_bytes']
    end_s = samples[-1][0] or 1.0
    most = 1.1 * max(size for _, sizes in samples for size in sizes.values())

    def at(seconds: float, size: float) -> str:
        return (f'{left + (width - left - 20) * seconds / end_s:.1f},'
                f'{top + (height - top - 40) * (1.0 - size / most):.1f}')

    def label(place: str, words: str, more: str = '') -> str:
        x, y = place.split(',')
        return f'<text x="{x}" y="{y}" {more}>{words}</text>'

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        label(f'{left},18', 'Resident memory (MiB) over time (min); grey: warm-up'),
        f'<polygon fill="#eee" points="{at(0, 0)} {at(0, most)} '
        f'{at(found["warm_up_s"], most)} {at(found["warm_up_s"], 0)}"/>']
    for step in range(6):
        size, seconds = most * step / 5, end_s * step / 5
        parts.append(f'<polyline fill="none" stroke="#ccc" points="{at(0, size)} '
                     f'{at(end_s, size)}"/>')
        parts.append(label(at(0, size), f'{size / MIB:.0f}', 'text-anchor="end" dx="-6" dy="4"'))
        parts.append(label(at(seconds, 0), f'{seconds / 60:.1f}', 'text-anchor="middle" dy="18"'))
    colours = ('#4477aa', '#ee6677', '#228833', '#ccbb44')
    for (name, percent), colour in zip(found['growth_percent'].items(), colours):
        line = [(at_s, sizes[name]) for at_s, sizes in samples if name in sizes]
        points = ' '.join(at(at_s, size) for at_s, size in line)
        parts.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" '
                     f'points="{points}"/>')
        parts.append(label(at(end_s, line[-1][1]), f'{name} ({percent:+.2f} %)',
                           f'text-anchor="end" dy="-6" fill="{colour}"'))
    return '\n'.join([*parts, '</svg>']) + '\n'


if __name__ == '__main__':
    main()
