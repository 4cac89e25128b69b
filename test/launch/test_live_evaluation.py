# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A bag evaluated through topics: held, it answers as offline; flowing, it tells latencies."""

from __future__ import annotations

from collections.abc import Callable
import json
import os
from pathlib import Path
import subprocess
import sys

import pytest

from mpnp_ros import shipped
from mpnp_ros.evaluation.cli import main
from mpnp_ros.evaluation.run_folder import RunFolder

sys.path[1:1] = [str(Path(__file__).parents[1] / part) for part in ('evaluation', 'core')]
from tiny_suite import make_suite, START_NS, STEP_NS  # noqa: E402, I100

pytestmark = [pytest.mark.ros, pytest.mark.timeout(300)]
MOMENTS = (0, 9)   # of the drive: its first and one on the way


@pytest.fixture
def questions(need_weights: Callable[[str], None], tmp_path: Path) -> Path:
    """Write a few of the shipped drive's questions."""
    for name in ('smollm2-135m-instruct', 'efficientnet-lite0'):
        need_weights(name)
    lines = (shipped.demo_drive() / 'questions.jsonl').read_text(encoding='utf-8').splitlines()
    stamps = sorted({json.loads(line)['stamp_ns'] for line in lines})
    chosen = [line for line in lines
              if json.loads(line)['stamp_ns'] in [stamps[index] for index in MOMENTS]]
    path = tmp_path / 'questions.jsonl'
    path.write_text('\n'.join(chosen) + '\n', encoding='utf-8')
    return path


def evaluate(questions: Path, out: Path, *options: str) -> RunFolder:
    assert main(['run', '--questions', str(questions), '--out', str(out), '--frames', '0',
                 '--controls', '--quiet', *options]) == 0
    return RunFolder(out)


def live(out: Path, mode: str, domain: int, *options: str) -> RunFolder:
    done = subprocess.run(
        ['mpnp-evaluate', 'run', *options, '--out', str(out), '--frames', '0', '--quiet',
         '--live', mode], env={**os.environ, 'ROS_DOMAIN_ID': str(domain)}, capture_output=True,
        text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    return RunFolder(out)


@pytest.mark.weights
def test_held_at_each_question_the_answers_are_those_of_the_offline_run(
    questions: Path, tmp_path: Path, domain: int
) -> None:
    offline = list(evaluate(questions, tmp_path / 'offline').records())
    held = {record.id: record for record in live(
        tmp_path / 'held', 'hold', domain, '--questions', str(questions), '--composed').records()}
    assert len(offline) == len(held) > 5
    for record in offline:
        through_topics = held[record.id]
        assert [(use.modality, use.stamp_ns, use.tokens) for use in through_topics.modalities] == [
            (use.modality, use.stamp_ns, use.tokens) for use in record.modalities]
        assert through_topics.answer == record.answer
        assert through_topics.scores == pytest.approx(record.scores, abs=1e-4)


def test_a_bag_that_flows_tells_latencies_ages_and_traffic(tmp_path: Path, domain: int) -> None:
    suite = make_suite(tmp_path)
    run = live(tmp_path / 'flow', 'flow', domain, str(suite.drive('one', 20)), '--params',
               str(suite.params_file), '--rate', '2')
    records, timings = list(run.records()), list(run.timings())
    assert len(records) == 60 and {one.id for one in records} == {one.id for one in timings}
    assert all(one.round_trip_ms >= one.core_ms > 0.0 for one in timings)
    # It does not wait for latents, but by the last moment some have come.
    last = [one for one in records if one.stamp_ns == START_NS + 19 * STEP_NS]
    assert all(one.modality_set == 'lidar' for one in last)
    [topics] = [bag['topics'] for bag in run.read_json('timing.json')['bags'].values()]
    assert topics['lidar']['messages'] > 1 and topics['lidar']['bytes'] > 0
    assert run.read_json('scores.json')['latency_ms']['round_trip']['n'] == len(timings)
    assert run.read_json('run.json')['path'] == 'live'


def test_without_ros_the_live_path_says_what_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv('PATH', str(tmp_path))
    assert main(['run', '--live', 'hold', '--out', str(tmp_path / 'run')]) == 2
    assert 'needs ROS 2' in capsys.readouterr().err
