# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Measure the offline evaluation: speed over real time, where time goes, memory over length.

The embedded drive is evaluated as it is, and repeated to a bag of --minutes with its questions:

    python benchmarks/evaluation.py --minutes 30

Each evaluation runs in a process of its own, whose largest resident size is reported. Encoding
and answering run side by side, one torch thread each; what is counted as real time begins with
the bag and ends with its last record, the models loaded.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
import struct
import subprocess
import sys
import tempfile

from mpnp_ros import shipped
from mpnp_ros.evaluation.bags.bag import Bag
from mpnp_ros.evaluation.bags.bag_writer import BagWriter
from mpnp_ros.evaluation.problem import Problems

LATCHED = '/tf_static'
GAP_NS = 500_000_000   # between the end of the drive and its next beginning
RUN = """
import json, resource, sys
from mpnp_ros.evaluation.cli import main
code = main(sys.argv[1:])
print(json.dumps({'code': code, 'mb': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
"""


def repeated(folder: Path, times: int, every: int) -> Path:
    """Write the embedded drive several times on end, and return the bag.

    The questions of one in `every` of the drives lie beside it.
    """
    drive = shipped.demo_drive()
    path = folder / f'drive_{times}'
    with Bag(drive / 'bag', Problems()) as bag, BagWriter(path, latched=[LATCHED]) as writer:
        length_ns = bag.end_ns - bag.start_ns + GAP_NS
        for number in range(times):
            for message in bag.messages():
                if message.topic == LATCHED:
                    if not number:
                        writer.write(message.topic, message.type, message.stamp_ns, message.data)
                    continue
                data = bytearray(message.data)
                seconds, rest = struct.unpack_from('<iI', data, 4)   # the header comes first
                stamp_ns = seconds * 10 ** 9 + rest + number * length_ns
                struct.pack_into('<iI', data, 4, *divmod(stamp_ns, 10 ** 9))
                writer.write(message.topic, message.type,
                             message.stamp_ns + number * length_ns, bytes(data))
    questions = [json.loads(line) for line in
                 (drive / 'questions.jsonl').read_text(encoding='utf-8').splitlines()]
    with (folder / f'{path.name}.jsonl').open('w', encoding='utf-8') as file:
        for number in range(0, times, every):
            for question in questions:
                shifted = question | {'stamp_ns': question['stamp_ns'] + number * length_ns}
                file.write(json.dumps(shifted) + '\n')
    return path


def measure(bag: Path, questions: Path, out: Path, *options: str) -> dict[str, float]:
    """Evaluate a bag in a process of its own and return its figures."""
    done = subprocess.run(
        [sys.executable, '-c', RUN, 'run', str(bag), '--questions', str(questions), '--out',
         str(out), '--quiet', '--frames', '0', *options],
        stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures | json.loads((out / 'timing.json').read_text(encoding='utf-8'))


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--minutes', type=float, default=3.0, help='length of the long bag')
    parser.add_argument('--every', type=int, default=1,
                        help='ask the questions of one in so many repetitions only')
    given = parser.parse_args()
    drive = shipped.demo_drive()
    with tempfile.TemporaryDirectory(prefix='mpnp_evaluation_') as scratch:
        folder = Path(scratch)
        long = repeated(folder, max(2, round(given.minutes * 60 / 13.5)), given.every)
        rows = [
            ('embedded drive', measure(drive / 'bag', drive / 'questions.jsonl', folder / 'a')),
            ('the same, no controls', measure(drive / 'bag', drive / 'questions.jsonl',
                                              folder / 'b', '--controls')),
            (f'{given.minutes:g} minutes, no controls', measure(
                long, folder / f'{long.name}.jsonl', folder / 'c', '--controls')),
        ]
    print(f'{"":<26}{"bag s":>8}{"run s":>8}{"x real":>8}{"read":>8}{"encode":>8}{"answer":>8}'
          f'{"control":>9}{"all s":>8}{"MB":>8}')
    for name, took in rows:
        run_s = took['stage_s']
        print(f'{name:<26}{took["bag_s"]:>8.1f}{run_s:>8.2f}{took["real_time"]:>8.1f}'
              f'{took["read_s"] / run_s:>8.1%}{took["encode_s"] / run_s:>8.1%}'
              f'{took["answer_s"] / run_s:>8.1%}{took["control_s"]:>8.2f}s{took["wall_s"]:>8.1f}'
              f'{took["mb"]:>8.0f}')


if __name__ == '__main__':
    main()
