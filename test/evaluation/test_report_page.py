# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The report is one file, complete, of bounded size, in which no data can become a script."""

import base64
import hashlib
import json
from pathlib import Path
import re

from invented_run import invent_run
import numpy as np
from PIL import Image
import pytest

from mpnp_ros.evaluation.report.report import write_report
from mpnp_ros.evaluation.report.report_page import as_json
from mpnp_ros.evaluation.run_folder import RunError, RunFolder


@pytest.fixture(scope='module')
def run(tmp_path_factory) -> RunFolder:
    """Return a run of two short drives."""
    return invent_run(tmp_path_factory.mktemp('run'), records=60, bags=2, moments_pictured=2)


def test_report_stands_in_the_run_or_where_it_is_wanted(run, tmp_path) -> None:
    assert write_report(run) == run.path / 'report.html'
    elsewhere = write_report(run, tmp_path / 'new' / 'page.html', title='Given <name>')
    text = elsewhere.read_text(encoding='utf-8')
    assert '<h1 dir="auto">Given &lt;name&gt;</h1>' in text
    assert sorted(path.name for path in elsewhere.parent.iterdir()) == ['page.html']


def test_same_run_gives_the_same_bytes(run, tmp_path) -> None:
    first = write_report(run, tmp_path / 'first.html').read_bytes()
    assert write_report(run, tmp_path / 'second.html').read_bytes() == first


def test_page_names_no_other_file_and_no_address(run) -> None:
    text = write_report(run).read_text(encoding='utf-8')
    page = re.sub(r'<script type="application/json".*?</script>', '', text, flags=re.DOTALL)
    assert not re.findall(r'(?:src|href)="(?!#|data:,)[^"]*"', page)
    assert set(re.findall(r'https?://[^\s\'"]+', page)) <= {'http://www.w3.org/2000/svg'}
    assert '{{' not in page


def test_policy_allows_exactly_the_scripts_and_styles_of_the_page(run) -> None:
    text = write_report(run).read_text(encoding='utf-8')
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1].replace(
        '&#39;', "'")
    rules = dict(rule.strip().split(' ', 1) for rule in policy.split(';'))
    assert rules['default-src'] == "'none'"
    for tag in ('script', 'style'):
        parts = re.findall(f'<{tag}>(.*?)</{tag}>', text, flags=re.DOTALL)
        hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(part.encode()).digest()).decode()}'"
                  for part in parts}
        assert set(rules[f'{tag}-src'].split()) == hashes and parts


@pytest.mark.parametrize('text', [
    '</script><img src=x onerror=alert(1)>', '<!--<script>', '\u2028\u202e', '\ud800', '{{data}}'])
def test_text_cannot_leave_its_data_element(text) -> None:
    written = as_json({'question': text})
    assert '<' not in written
    assert json.loads(written)['question'] == text.replace('\ud800', '?')


def test_numbers_that_json_lacks_become_null() -> None:
    assert json.loads(as_json({'a': [float('nan'), 1.5], 'b': float('inf')})) == {
        'a': [None, 1.5], 'b': None}


@pytest.mark.parametrize('name', ['run.json', 'records.jsonl', 'scores.json'])
def test_missing_part_is_named(tmp_path, name) -> None:
    run = invent_run(tmp_path, records=4, bags=1, moments_pictured=0)
    (tmp_path / name).unlink()
    with pytest.raises(RunError, match=name):
        write_report(run)
    assert not run.report_path.exists()


def test_report_of_ten_thousand_records_stays_below_15_mb(tmp_path) -> None:
    run = invent_run(tmp_path, records=10_000, moments_pictured=0, controls=False)
    _write_more_pictures_than_fit(run)
    report = write_report(run)
    assert report.stat().st_size < 15_000_000
    shown = re.search(r'"left_out":(\d+)', report.read_text(encoding='utf-8'))
    assert int(shown[1]) > 0


def _write_more_pictures_than_fit(run: RunFolder) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    wrong = [record.id for record in run.records() if record.right is False][:40]
    run.frames_path.mkdir()
    for number in range(40):
        Image.fromarray(noise).save(run.frames_path / f'{number}.jpg', quality=95)
    run.write_json('frames/index.json', {name: {'pictures': [
        {'name': 'front', 'file': f'{number}.jpg', 'width': 640, 'height': 480}]}
        for number, name in enumerate(wrong)})
    assert sum(Path(file).stat().st_size for file in run.frames_path.glob('*.jpg')) > 9_000_000
