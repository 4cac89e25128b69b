# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Run the tests of a suite on two machines in a process of their own.

Fast DDS looks at a machine's networks once in the life of a process: one that has had a
participant before never sees the networks of a namespace that it enters later.
"""

from pathlib import Path
import subprocess
import sys

import pytest


@pytest.mark.ros
@pytest.mark.processes
@pytest.mark.timeout(300)
def test_the_suite_on_two_machines() -> None:
    tests = Path(__file__).with_name('suite_on_two_machines.py')
    done = subprocess.run(
        [sys.executable, '-m', 'pytest', '-q', '-rs', '-p', 'no:cacheprovider', str(tests)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
    if ' passed' not in done.stdout:
        pytest.skip(done.stdout.strip().splitlines()[-2])
