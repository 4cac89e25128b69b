# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The report shows runs that are empty, small, one-sided or hostile for what they are."""

from collections.abc import Callable
import dataclasses
import json
from pathlib import Path

from invented_run import invent_run
import pytest

from mpnp_ros.evaluation.figures.scores import score
from mpnp_ros.evaluation.record import Record
from mpnp_ros.evaluation.report.report import write_report
from mpnp_ros.evaluation.run_folder import RunFolder

pytest_plugins = ['browser']

HOSTILE = '</script><img src="https://example.invalid/x" onerror="document.title=1"><b>bold</b>'
FOREIGN = 'האם יש משאית? \u202eevil\u202c 🚚🏽 日本語'


@pytest.fixture
def shown(tmp_path, browser):
    """Return a function that shows a report, and afterwards look for complaints."""
    def opened(report: Path, hash: str = ''):
        browser.open(report, hash=hash)
        return browser
    yield opened
    assert browser.errors() == []
    assert browser.requests() == []


def changed_run(folder: Path, change: Callable[[Record], Record], **given: object) -> RunFolder:
    """Write a small run whose records are changed, and scored anew."""
    run = invent_run(folder, **{'records': 30, 'bags': 1, 'moments_pictured': 0, **given})
    records = [change(record) for record in run.records()]
    run.write_records(records)
    run.write_json('scores.json', score(records, run.timings()))
    return run


def test_run_without_wrong_answers_has_no_section_of_them(shown, tmp_path) -> None:
    run = changed_run(tmp_path, lambda record: dataclasses.replace(
        record, answer=record.expected, right=True, refusal=''), controls=False)
    browser = shown(write_report(run))
    assert browser.texts('.verdict')[0].startswith('100.0 % of 30 questions')
    assert browser.js('return document.querySelector("#wrong").hidden')
    assert 'Wrong answers' not in browser.texts('#sections a')


def test_one_record_is_a_report(shown, tmp_path) -> None:
    run = invent_run(tmp_path, records=1, bags=1, moments_pictured=1, live=False)
    browser = shown(write_report(run))
    assert browser.texts('.verdict')[0].startswith('The one question is answered')
    assert len(browser.texts('.list td.c-question')) == 1
    assert browser.texts('.readout .said p') != []


def test_run_of_refusals_says_why(shown, tmp_path) -> None:
    run = changed_run(tmp_path, lambda record: dataclasses.replace(
        record, answer='', right=False, scores=(), modalities=(), refusal='no usable modality'),
        controls=False, live=False)
    browser = shown(write_report(run), '#records?record=harbour_morning/questions:3')
    assert browser.texts('.verdict') == ['All 30 questions were refused: nothing was answered.']
    assert 'no usable modality' in browser.texts('.notice')[-1]
    assert 'no usable modality' in browser.texts('#answer .answers')[0]
    assert browser.js('return document.querySelector("#certainty").hidden')


def test_run_without_right_answers_or_types_is_listed(shown, tmp_path) -> None:
    run = changed_run(tmp_path, lambda record: dataclasses.replace(
        record, expected=None, right=None, type='', condition='', hop=None, candidates=(),
        scores=(), answer='a long free answer ' * 40), controls=False, live=False)
    browser = shown(write_report(run))
    assert 'not known' in browser.texts('.verdict')[0]
    assert browser.texts('.chip')[0].strip() == 'not judged'
    assert browser.js('return document.documentElement.scrollWidth <= innerWidth')


def test_run_without_records_or_figures_says_so(shown, tmp_path) -> None:
    run = RunFolder(tmp_path)
    run.write_records([])
    run.write_json('run.json', {'schema': 1, 'name': 'empty'})
    run.write_json('scores.json', {'schema': 1})
    browser = shown(write_report(run))
    assert browser.texts('.verdict') == ['No question was asked.']
    assert browser.texts('main > section:not([hidden]) h2') == ['Cost and time']


@pytest.mark.parametrize('text', [HOSTILE, FOREIGN], ids=['markup', 'scripts of the world'])
def test_text_of_others_is_only_text(shown, tmp_path, text) -> None:
    def hostile(record: Record) -> Record:
        return dataclasses.replace(
            record, question=text, type=text, condition=text, bag=text, scene=text, note=text,
            answer=text, expected=f'{text}!', right=False, refusal='',
            candidates=(text, f'{text}!'), scores=(0.7, 0.3),
            modalities=tuple(dataclasses.replace(use, modality=text, encoder_id=text)
                             for use in record.modalities[:1]),
            decision=tuple(dataclasses.replace(one, modality=text, reason=text)
                           for one in record.decision[:1]))

    run = changed_run(tmp_path, hostile)
    described = run.read_json('run.json') | {'name': text, 'configuration': text}
    described['bags'][0]['name'] = text
    run.write_json('run.json', described)
    run.write_json('problems.json', [{'what': text, 'count': 2, 'places': [text]}])
    browser = shown(write_report(run), '#records?record=harbour_morning/questions:3')
    assert browser.texts('#answer .question') == [text]
    assert browser.texts('h1') == [text]
    assert text in browser.texts('.notice')[0]
    assert browser.js('return document.title').startswith(text)
    assert browser.texts('main b, main img, main script, #answer b, #answer img') == []
    assert browser.js('return [...document.querySelectorAll("#answer .question bdi")]'
                      '.every((one) => one.dir === "auto")')


def test_comparison_stands_beside_the_run(shown, tmp_path) -> None:
    before = invent_run(tmp_path / 'before', records=300, bags=2, moments_pictured=0,
                        controls=False)
    after = invent_run(tmp_path / 'after', records=300, bags=2, moments_pictured=0, skill=0.05)
    report = write_report(after, tmp_path / 'compared.html', compare_with=before)
    browser = shown(report)
    assert 'Against autumn drives, three sensors:' in browser.texts('.more')[0]
    assert 'change' in browser.texts('#accuracy-type thead')[0]
    flipped = sum(first.right != second.right for first, second in zip(
        before.records(), after.records()))
    told = []
    for change in ('gained', 'lost'):
        browser.js("""
            const box = document.querySelector('select[name="change"]');
            box.value = arguments[0];
            box.dispatchEvent(new Event('change'));""", change)
        told.append(int(browser.texts('.found')[0].split()[0]))
    assert sum(told) == flipped and all(told)


def test_ten_thousand_records_scroll_with_few_rows_in_the_page(shown, tmp_path) -> None:
    run = invent_run(tmp_path, records=30, bags=1, moments_pictured=0, controls=False, live=False)
    few = [json.loads(line) for line in run.records_path.read_text(encoding='utf-8').splitlines()]
    run.write_text('records.jsonl', ''.join(json.dumps(few[number % 30] | {
        'id': f'q{number}', 'stamp_ns': few[0]['stamp_ns'] + number * 10**7}) + '\n'
        for number in range(10_000)))
    browser = shown(write_report(run), '#records')
    browser.js('document.querySelector(".records").scrollTop = 1e9;')
    browser.js('return new Promise((done) => requestAnimationFrame(() => setTimeout(done)))')
    assert browser.js('return document.querySelectorAll(".list tr").length') < 100
    assert browser.js('return document.querySelector(".list tbody").lastChild.previousSibling'
                      '.ariaRowIndex') == '10001'
