# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Rules say what questions need; a mistake in their file is named with its line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mpnp_ros import shipped
from mpnp_ros.manager.ruled import RuledExpectation
from mpnp_ros.manager.rules import read_rules, Rules, RulesError
from mpnp_ros.manager.search import all_sets
from mpnp_ros.manager.situation import AskedQuestion

RULES = """version: 1
rules:
  colour:
    words: [color, traffic light]
    modalities: {camera*: needed, camera_rear: useless}
  range:
    pattern: 'for \\d+ m'
    override: true
    modalities: {lidar: needed, camera*: 0.25}
otherwise: {'*': helpful}
"""


def rules(tmp_path: Path, text: str = RULES) -> Rules:
    path = tmp_path / 'rules.yaml'
    path.write_text(text, encoding='utf-8')
    return read_rules(path)


def expected(found: Rules, question: str, **usability: float) -> dict[tuple[str, ...], float]:
    """Return the expected accuracy of each set."""
    one = RuledExpectation.of(found, [AskedQuestion(question)], usability)
    sets = all_sets(len(usability))
    return {tuple(name for name, used in zip(usability, row) if used): value
            for row, value in zip(sets, one.accuracy(sets)[0])}


@pytest.mark.parametrize(('question', 'names'), [
    ('What COLOR is it?', ['colour']), ('Is the traffic light on?', ['colour']),
    ('Is it colored?', []), ('Is the way clear for 10 meters?', ['range']),
    ('Which color is there for 10 m?', ['colour', 'range'])])
def test_rules_speak_up_at_their_words(tmp_path: Path, question: str, names: list[str]) -> None:
    assert [rule.name for rule in rules(tmp_path).named_in(question)] == names


def test_the_needed_modality_suffices(tmp_path: Path) -> None:
    value = expected(rules(tmp_path), 'What color is it?', camera=1.0, lidar=1.0)
    assert value['camera',] == value['camera', 'lidar'] == 1.0
    assert value['lidar',] == value[()] < 0.5


def test_another_one_helps_where_the_needed_one_sees_little(tmp_path: Path) -> None:
    found = rules(tmp_path)
    good = expected(found, 'Is it clear for 10 m?', camera=1.0, lidar=1.0)
    bad = expected(found, 'Is it clear for 10 m?', camera=1.0, lidar=0.3)
    assert good['camera', 'lidar'] == good['lidar',]
    assert bad['camera', 'lidar'] > bad['lidar',] > bad[()]


def test_a_pattern_is_shared_by_those_that_match_but_not_by_one_that_is_named(
    tmp_path: Path
) -> None:
    value = expected(rules(tmp_path), 'What color is it?',
                     camera_left=1.0, camera_right=1.0, camera_rear=1.0)
    assert value['camera_left', 'camera_right'] == 1.0
    assert value['camera_left',] == value['camera_right',] == value['camera_left', 'camera_rear']
    assert value['camera_rear',] == value[()]


def test_both_aspects_of_a_question_have_to_be_told(tmp_path: Path) -> None:
    value = expected(rules(tmp_path), 'What color is there for 10 m?', camera=1.0, lidar=1.0)
    assert value['camera', 'lidar'] > max(value['camera',], value['lidar',])


def test_a_question_of_no_kind_takes_what_helps(tmp_path: Path) -> None:
    value = expected(rules(tmp_path), 'Anything new?', sonar=1.0)
    assert value['sonar',] > value[()]


@pytest.mark.parametrize(('question', 'best'), [
    ('What color is the nearest car ahead?', 'camera'),
    ('What is the color of the closest car in front of us?', 'camera'),
    ('Is the way ahead clear for 10 meters?', 'lidar'),
    ('How far is the way free: near, medium or far?', 'lidar'),
    ('Is there a vehicle close behind us?', 'lidar'),
    ('What status is the bus?', 'radar'),
    ('Do you hear a siren?', 'audio')])
def test_the_rules_that_come_with_the_package(question: str, best: str) -> None:
    found = read_rules(shipped.configuration('policies/rules.yaml'))
    one = RuledExpectation.of(found, [AskedQuestion(question)], dict.fromkeys(
        ('audio', 'camera', 'lidar', 'radar'), 1.0))
    assert ('audio', 'camera', 'lidar', 'radar')[
        int(np.argmax(one.accuracy(np.eye(4, dtype=bool))[0]))] == best


@pytest.mark.parametrize(('change', 'line', 'cause'), [
    (('words:', 'wrods:'), 4, "unknown key 'wrods', expected words, pattern"),
    (('otherwise', 'else'), 10, "unknown key 'else'"),
    (('version: 1', 'version: 2'), 1, 'version is 2'),
    (('0.25', '1.25'), 9, "'camera\\*' is 1.25"),
    (('lidar: needed', 'lidar: wanted'), 9, "'lidar' is 'wanted', expected needed, helpful"),
    (('for \\d+ m', '(m'), 7, 'pattern'),
    (('override: true', 'override: 3'), 8, 'override is 3'),
    (('    words: [color, traffic light]\n', ''), 3, 'neither words nor a pattern'),
    (('[color, traffic light]', 'color'), 4, "words are 'color'"),
    (('range:', 'colour:'), 6, "'colour' stands on line 3 already"),
    (('    modalities: {lidar: needed, camera*: 0.25}\n', ''), 6, 'names no modalities'),
])
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, change: tuple[str, str], line: int, cause: str
) -> None:
    assert change[0] in RULES
    with pytest.raises(RulesError, match=rf'rules.yaml, line {line}: .*{cause}'):
        rules(tmp_path, RULES.replace(*change))


@pytest.mark.parametrize('text', ['[1]', 'rules: 3\nversion: 1', '{'])
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(RulesError, match='rules.yaml'):
        rules(tmp_path, text)
