# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""JUnit XML: what CI servers count, and the words they show."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from mpnp_ros.evaluation.problem import Problem, Problems
from mpnp_ros.evaluation.scenarios.junit import write_junit
from mpnp_ros.evaluation.scenarios.scenario_check import FloorResult

KEPT = FloorResult('accuracy at least 0.7', True, 0.76, 'at least 0.7', 'accuracy is 0.76')
BROKEN = FloorResult(
    'refused at most 0', False, 4.0, 'at most 0', 'refused is 4, at most 0 wanted')
MISSING = FloorResult('ece at most 0.1', False, None, 'at most 0.1', 'not measured: no candidates')

# What Jenkins' schema (junit-10.xsd) allows of what is written here, and what it requires.
ALLOWED = {
    'testsuites': {'name', 'time', 'tests', 'failures', 'disabled', 'errors'},
    'testsuite': {'name', 'tests', 'failures', 'errors', 'time', 'disabled', 'skipped',
                  'timestamp', 'hostname', 'id', 'package'},
    'testcase': {'name', 'assertions', 'time', 'classname', 'status'},
    'failure': {'type', 'message'}, 'system-out': set()}
REQUIRED = {'testsuite': {'name'}, 'testcase': {'name', 'classname'}}
CHILDREN = {'testsuites': {'testsuite'}, 'testsuite': {'testcase'},
            'testcase': {'failure', 'system-out'}, 'failure': set(), 'system-out': set()}


def noted(*problems: Problem) -> Problems:
    found = Problems()
    found.take(problems)
    return found


def read(path: Path) -> ElementTree.Element:
    """Parse a file and hold it against the schema."""
    root = ElementTree.parse(path).getroot()
    assert root.tag == 'testsuites'
    for element in root.iter():
        assert set(element.keys()) <= ALLOWED[element.tag]
        assert set(element.keys()) >= REQUIRED.get(element.tag, set())
        assert {child.tag for child in element} <= CHILDREN[element.tag]
    for suite in root:
        assert int(suite.get('tests', -1)) == len(suite)
        assert int(suite.get('failures', -1)) == len(suite.findall('testcase/failure'))
    for count in ('tests', 'failures', 'errors'):
        assert int(root.get(count, -1)) == sum(int(suite.get(count, -1)) for suite in root)
    return root


def test_there_is_a_suite_per_configuration_and_a_case_per_floor(tmp_path: Path) -> None:
    path = tmp_path / 'new' / 'junit.xml'
    write_junit(path, 'drive', {'both': [KEPT, BROKEN, MISSING], 'camera': [KEPT]}, {})
    root = read(path)
    assert (root.get('name'), root.get('tests'), root.get('failures')) == ('drive', '6', '2')
    both, camera = root
    assert both.get('name') == 'drive.both'
    assert [case.get('name') for case in both] == [
        'accuracy at least 0.7', 'refused at most 0', 'ece at most 0.1', 'inputs']
    assert [case.find('failure') is not None for case in both] == [False, True, True, False]
    assert {case.get('classname') for case in camera} == {'drive.camera'}


def test_a_failure_says_why(tmp_path: Path) -> None:
    write_junit(tmp_path / 'junit.xml', 'drive', {'both': [BROKEN, MISSING]}, {})
    failures = read(tmp_path / 'junit.xml').findall('.//failure')
    assert [failure.get('message') for failure in failures] == [BROKEN.why, MISSING.why]
    assert [failure.get('type') for failure in failures] == ['floor', 'not measured']


def test_problems_with_the_inputs_fail_when_it_is_strict(tmp_path: Path) -> None:
    problems = {'both': noted(Problem('not UTF-8', 7, ['a.jsonl, line 2', 'a.jsonl, line 3'])),
                'camera': noted()}
    write_junit(tmp_path / 'junit.xml', 'drive', {'both': [KEPT]}, problems, strict=True)
    both, camera = read(tmp_path / 'junit.xml')
    failure = both.find("testcase[@name='inputs']/failure")
    assert failure is not None
    assert failure.get('message') == '7 problems with the inputs'
    assert failure.text == '7 x not UTF-8: a.jsonl, line 2; a.jsonl, line 3; ...'
    assert (camera.get('tests'), camera.get('failures')) == ('1', '0')


def test_problems_with_the_inputs_are_named_otherwise(tmp_path: Path) -> None:
    write_junit(tmp_path / 'junit.xml', 'drive', {'both': [KEPT]},
                {'both': noted(Problem('not UTF-8', 1, ['a.jsonl, line 2']))})
    both, = read(tmp_path / 'junit.xml')
    assert both.get('failures') == '0'
    assert both.findtext("testcase[@name='inputs']/system-out") == '1 x not UTF-8: a.jsonl, line 2'


def test_any_text_makes_valid_xml(tmp_path: Path) -> None:
    odd = FloorResult('<a & "b">\x00\x1b[31m\ud800', False, 1.0, '', 'é\x0b\ufffe]]>')
    write_junit(tmp_path / 'junit.xml', 'drive & co', {'a<b': [odd]}, {})
    suite, = read(tmp_path / 'junit.xml')
    assert suite.get('name') == 'drive & co.a<b'
    assert suite[0].get('name') == '<a & "b">\ufffd\ufffd[31m\ufffd'
    assert suite.findtext('testcase/failure') == 'é\ufffd\ufffd]]>'


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ('a.xml', 'b.xml'):
        write_junit(tmp_path / name, 'drive', {'both': [KEPT, BROKEN]}, {})
    assert (tmp_path / 'a.xml').read_bytes() == (tmp_path / 'b.xml').read_bytes()
