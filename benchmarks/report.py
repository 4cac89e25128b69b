# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Measure the report of an evaluation: writing it, its size, and opening it in headless Chromium.

The run is invented, pictures included. Run in tools/shell: python benchmarks/report.py
"""

from __future__ import annotations

import argparse
from pathlib import Path
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'test' / 'evaluation'))

from browser import Browser, missing  # noqa: E402
from invented_run import invent_run  # noqa: E402

from mpnp_ros.evaluation.report.report import write_report  # noqa: E402

# Each in ms since the navigation began; the last is when the page has nothing more to do.
STAGES = {
    'script done, table of records drawn': 'performance.getEntriesByName("report-ready")[0]'
                                           '.startTime',
    'first paint with content': 'performance.getEntriesByName("first-contentful-paint")[0]'
                                '.startTime',
    'page loaded': 'performance.getEntriesByType("navigation")[0].loadEventEnd'}
IDLE = """
const done = arguments[0];
requestAnimationFrame(() => requestIdleCallback(() => done(performance.now())));
"""
FILTER = """
const begun = performance.now();
choice.filter({verdict: 'wrong', q: 'truck'});
document.querySelector('.records').getBoundingClientRect();
return performance.now() - begun;
"""
SCROLL = """
const [done, list] = [arguments[0], document.querySelector('.records')];
const taken = [];
let last = performance.now();
function step() {
  const now = performance.now();
  taken.push(now - last);
  last = now;
  list.scrollTop += 1500;
  if (taken.length < 120) requestAnimationFrame(step);
  else done(taken.slice(1));
}
requestAnimationFrame(step);
"""


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--records', type=int, default=10_000)
    parser.add_argument('--moments', type=int, default=40, help='moments with pictures')
    parser.add_argument('--rounds', type=int, default=9)
    given = parser.parse_args()
    if lacking := missing():
        sys.exit(lacking)
    with tempfile.TemporaryDirectory() as folder:
        run = invent_run(Path(folder), records=given.records, moments_pictured=given.moments)
        begun = time.monotonic()
        report = write_report(run)
        rows = [('write the report', 's', [time.monotonic() - begun]),
                ('size', 'MB', [report.stat().st_size / 1e6])]
        browser = Browser()
        try:
            rows += opened(browser, report, given.rounds)
        finally:
            browser.quit()
    print(f'{given.records} records, {given.moments} moments with pictures, {given.rounds} rounds')
    print(f'{"":45} {"least":>9} {"median":>9} {"most":>9}')
    for name, unit, values in rows:
        print(f'{name:40} {unit:>4} {min(values):9.2f} {statistics.median(values):9.2f} '
              f'{max(values):9.2f}')


def opened(browser: Browser, report: Path, rounds: int) -> list[tuple[str, str, list[float]]]:
    """Open the report some times, filter and scroll it; return what each took."""
    taken: dict[str, list[float]] = {}
    for _ in range(rounds):
        browser.open(report)
        idle = browser.driver.execute_async_script(IDLE)
        for name, script in STAGES.items():
            taken.setdefault(name, []).append(float(browser.js(f'return {script}')))
        taken.setdefault('idle', []).append(float(idle))
        frames = browser.driver.execute_async_script(SCROLL)
        taken.setdefault('frame while the list scrolls', []).extend(map(float, frames))
        taken.setdefault('filter and search', []).append(float(browser.js(FILTER)))
    return [(name, 'ms', values) for name, values in taken.items()]


if __name__ == '__main__':
    main()
