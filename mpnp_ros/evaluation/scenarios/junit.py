# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Results as JUnit XML, the form in which CI servers read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
import re
from xml.etree import ElementTree

from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.scenarios.scenario_check import FloorResult

INPUTS = 'inputs'

# What XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile('[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')


def write_junit(
    path: str | Path,
    suite_name: str,
    results: Mapping[str, Sequence[FloorResult]],
    problems: Mapping[str, Problems],
    *,
    strict: bool = False,
) -> None:
    """Write one test suite per configuration: a case for each floor, and one for its inputs.

    :param results: what `check_floors` gave, by configuration.
    :param problems: what was wrong with bags and questions, by configuration.
    :param strict: the case of the inputs fails where there were problems; otherwise it names
        them and passes.
    """
    root = ElementTree.Element('testsuites', name=_xml(suite_name))
    for configuration in dict.fromkeys((*results, *problems)):
        _suite(root, f'{suite_name}.{configuration}', results.get(configuration, ()),
               problems.get(configuration, Problems()), strict)
    suites = root.findall('testsuite')
    for count in ('tests', 'failures', 'errors'):
        root.set(count, str(sum(int(suite.get(count, 0)) for suite in suites)))
    root.set('time', '0')
    ElementTree.indent(root)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(root).write(path, encoding='utf-8', xml_declaration=True)


def _suite(root: ElementTree.Element, name: str, results: Sequence[FloorResult],
           problems: Problems, strict: bool) -> None:
    suite = ElementTree.SubElement(root, 'testsuite', name=_xml(name))
    for result in results:
        case = _case(suite, result.name)
        if result.passed:
            _output(case, result.why)
        else:
            _failure(case, 'floor' if result.measured is not None else 'not measured', result.why)
    case = _case(suite, INPUTS)
    found = [f'{problem.count} x {problem.what}: {"; ".join(problem.places)}'
             + ('; ...' if problem.count > len(problem.places) else '') for problem in problems]
    if found and strict:
        _failure(case, 'problems', f'{len(problems)} problems with the inputs', '\n'.join(found))
    elif found:
        _output(case, '\n'.join(found))
    suite.set('tests', str(len(suite)))
    suite.set('failures', str(len(suite.findall('testcase/failure'))))
    suite.set('errors', '0')
    suite.set('skipped', '0')
    suite.set('time', '0')


def _case(suite: ElementTree.Element, name: str) -> ElementTree.Element:
    # Comparing a figure with a bound takes no time; some readers want the attribute.
    return ElementTree.SubElement(suite, 'testcase', name=_xml(name),
                                  classname=suite.get('name', ''), time='0')


def _failure(case: ElementTree.Element, kind: str, message: str, text: str = '') -> None:
    ElementTree.SubElement(case, 'failure', type=kind, message=_xml(message)).text = _xml(
        text or message)


def _output(case: ElementTree.Element, text: str) -> None:
    ElementTree.SubElement(case, 'system-out').text = _xml(text)


def _xml(text: str) -> str:
    return _NOT_XML.sub('\ufffd', text)
