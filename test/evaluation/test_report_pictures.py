# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A report holds the pictures that fit, those behind wrong answers first."""

import base64

import pytest

from mpnp_ros.evaluation.record import Record
from mpnp_ros.evaluation.report.report_pictures import Pictures
from mpnp_ros.evaluation.run_folder import RunFolder


def record(name: str, right: bool, sure: float = 0.5) -> Record:
    return Record(name, 'bag', 'bag', 0, 'Is it?', 'yes', 'yes' if right else 'no', right,
                  candidates=('yes', 'no'), scores=(sure, 1 - sure) if right else (1 - sure, sure))


@pytest.fixture
def run(tmp_path) -> RunFolder:
    """Return a run with a picture of 100 bytes for each of four records."""
    run = RunFolder(tmp_path)
    run.frames_path.mkdir()
    names = ('right', 'unsure', 'sure', 'other')
    for name in names:
        (run.frames_path / f'{name}.jpg').write_bytes(name.encode() * 100)
    run.write_json('frames/index.json', {name: {'pictures': [
        {'name': 'front', 'file': f'{name}.jpg', 'width': 4, 'height': 3}]} for name in names})
    return run


RECORDS = [record('right', True), record('unsure', False, 0.55), record('sure', False, 0.9)]


def taken(run: RunFolder, most_bytes: int) -> tuple[dict, dict]:
    pictures = Pictures(run, most_bytes)
    for one in RECORDS:
        pictures.see(one)
    return pictures.content({one.id: row for row, one in enumerate(RECORDS)})


def test_surest_wrong_answers_come_first(run) -> None:
    shown, files = taken(run, 1000)
    assert list(files) == ['sure.jpg', 'unsure.jpg']
    assert (sorted(shown['of']), shown['left_out']) == ([1, 2], 1)
    assert base64.b64decode(files['sure.jpg']) == b'sure' * 100


def test_all_that_fit_are_taken(run) -> None:
    shown, files = taken(run, 10_000)
    assert (len(files), shown['left_out']) == (3, 0)


def test_pictures_of_one_moment_are_kept_once(run) -> None:
    index = run.read_json('frames/index.json')
    index['unsure'] = index['sure']
    run.write_json('frames/index.json', index)
    shown, files = taken(run, 10_000)
    assert list(files) == ['sure.jpg', 'right.jpg']
    assert shown['of'][1] == shown['of'][2]


@pytest.mark.parametrize('name', ['gone.jpg', '../outside.jpg', '/etc/hostname'])
def test_file_that_is_not_in_the_folder_is_named(run, name) -> None:
    (run.path / 'outside.jpg').write_bytes(b'secret')
    index = run.read_json('frames/index.json')
    index['sure']['pictures'][0]['file'] = name
    run.write_json('frames/index.json', index)
    shown, files = taken(run, 10_000)
    assert shown['unreadable'] == [name]
    assert name not in files and 2 not in shown['of']


def test_run_without_pictures_says_so(tmp_path) -> None:
    shown, files = taken(RunFolder(tmp_path), 1000)
    assert (shown['drawn'], files) == (False, {})
