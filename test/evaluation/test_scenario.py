# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Scenario files: what they say arrives, what they say wrong is one line with its place."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
import re
import sys
from typing import Any

import pytest
import yaml

from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.scenarios.scenario import (
    load_scenario,
    Scenario,
    scenario_schema,
    ScenarioError,
)
from mpnp_ros.evaluation.scenarios.scenario_questions import scenario_questions

REPOSITORY = Path(__file__).parents[2]
SHIPPED = REPOSITORY / 'config' / 'scenarios' / 'demo_drive.yaml'
DOCUMENT = REPOSITORY / 'docs' / 'scenarios.md'


def described(**fields: Any) -> dict[str, Any]:
    return {'version': 1, 'bags': [{'path': 'bag', 'questions': ['questions.jsonl']}],
            'configurations': {'both': {'params': 'suite.yaml'}}, **fields}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the files that `described` names; what is in them does not matter."""
    (tmp_path / 'bag').mkdir()
    (tmp_path / 'questions.jsonl').write_text('{"stamp_ns": 5, "question": "Which?"}\n')
    (tmp_path / 'suite.yaml').write_text('{}')
    return tmp_path


def load(folder: Path, content: object) -> Scenario:
    path = folder / 'drive.yaml'
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return load_scenario(path)


def refusal(folder: Path, content: object) -> str:
    """Return why a scenario is refused: one line, which begins with the file."""
    with pytest.raises(ScenarioError) as caught:
        load(folder, content)
    line, = str(caught.value).splitlines()
    assert line.startswith(str(folder / 'drive.yaml'))
    return line.removeprefix(str(folder / 'drive.yaml'))


def test_paths_are_relative_to_the_file(folder: Path) -> None:
    scenario = load(folder, described())
    bag, = scenario.bags
    assert (bag.path, bag.questions) == (folder / 'bag', [folder / 'questions.jsonl'])
    assert scenario.configurations['both'].params == folder / 'suite.yaml'


def test_names_default_to_those_of_the_files(folder: Path) -> None:
    scenario = load(folder, described())
    assert (scenario.name, scenario.bags[0].title) == ('drive', 'bag')
    assert load(folder, described(name='mine')).name == 'mine'


def test_what_is_left_out_has_the_least_meaning(folder: Path) -> None:
    scenario = load(folder, described())
    assert (scenario.floors, scenario.conditions, scenario.questions) == ([], [], [])
    options = scenario.options
    assert (options.path, options.controls, options.rate, options.strict) == (
        'offline', [], 1.0, False)
    assert scenario.configurations['both'].overrides() == {}


def test_environment_variables_and_absolute_paths_are_followed(
        folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('MPNP_TEST_DRIVES', str(folder))
    scenario = load(folder, described(bags=[
        {'path': '$MPNP_TEST_DRIVES/bag', 'questions': ['${MPNP_TEST_DRIVES}/questions.jsonl']}]))
    assert scenario.bags[0].path == folder / 'bag'
    assert scenario.bags[0].questions == [folder / 'questions.jsonl']


def test_files_of_the_package_are_found(folder: Path) -> None:
    scenario = load(folder, described(bags=[{
        'path': 'package://mpnp_ros/data/demo_drive/bag',
        'questions': ['package://mpnp_ros/data/demo_drive/questions.jsonl']}]))
    assert (scenario.bags[0].path / 'metadata.yaml').is_file()


def test_files_of_other_ros_packages_are_found_in_their_share(
        folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drive = folder / 'install' / 'share' / 'our_drives' / 'monday'
    drive.mkdir(parents=True)
    monkeypatch.setenv('AMENT_PREFIX_PATH', f'{folder}/nothing:{folder / "install"}')
    scenario = load(folder, described(bags=[
        {'path': 'package://our_drives/monday', 'questions': ['questions.jsonl']}]))
    assert scenario.bags[0].path == drive


def test_a_configuration_tells_what_differs_from_its_file(folder: Path) -> None:
    (folder / 'connectors').mkdir()
    both = load(folder, described(configurations={'both': {
        'params': 'suite.yaml', 'modalities': ['camera'], 'model': 'tiny', 'connectors':
        'connectors', 'connected_blocks': 2, 'gates': {'camera': 0}, 'parameters':
        {'llm.max_age_s': 1.0}}})).configurations['both']
    assert both.overrides() == {
        'llm.max_age_s': 1.0, 'modality_manager.modalities': ['camera'], 'llm.model': 'tiny',
        'llm.connectors': str(folder / 'connectors')}
    assert (both.connected_blocks, both.gates) == (2, {'camera': 0.0})


def test_no_modality_is_the_list_that_ros_can_hold(folder: Path) -> None:
    blind = load(folder, described(configurations={'blind': {
        'params': 'suite.yaml', 'modalities': [], 'connectors': 'none'}})).configurations['blind']
    assert blind.overrides() == {
        'modality_manager.modalities': [''], 'llm.connectors': 'none'}


@pytest.mark.parametrize('changes, words', [
    ({'version': 2}, ', line 2: version is 2: expected 1'),
    ({'version': '1'}, ", line 2: version is '1': expected 1"),
    ({'floor': []}, 'floor is unknown; there is version, name, bags, questions, configurations, '
     'conditions, options, floors'),
    ({'bags': []}, 'bags is []: expected '),
    ({'bags': 'bag'}, "bags is 'bag': expected list"),
    ({'bags': [{'path': 'bag'}]}, "nothing is asked about the bag 'bag'"),
    ({'bags': [{'path': 'gone', 'questions': ['questions.jsonl']}]}, 'gone does not exist'),
    ({'bags': [{'path': 'bag', 'questions': ['gone.jsonl']}]}, 'bags[0].questions[0]: '),
    ({'bags': [{'path': 'bag', 'questions': ['questions.jsonl']}] * 2},
     "bags: 2 of them are called 'bag': give them names"),
    ({'bags': [{'path': '$MPNP_UNSET/bag'}]}, 'the environment variable MPNP_UNSET is not set'),
    ({'bags': [{'path': 'package://mpnp_ros/no/such'}]}, 'no/such does not exist; looked in '),
    ({'bags': [{'path': 'package://no_such_package/bag'}]}, 'does not exist; looked in no place'),
    ({'bags': [{'path': 'http://drives/bag'}]}, 'expected a path or package://<package>/<path>'),
    ({'bags': [{'path': ''}]}, 'an empty path'),
    ({'bags': [{'path': 7}]}, 'bags[0].path is 7: expected '),
    ({'configurations': {}}, 'configurations is {}: expected '),
    ({'configurations': {'a/b': {'params': 'suite.yaml'}}}, "'a/b' cannot be the name of a fol"),
    ({'configurations': {'a': {}}}, 'configurations.a.params is missing'),
    ({'configurations': {'a': {'params': 'suite.yaml', 'modality': []}}},
     'configurations.a.modality is unknown; there is params, modalities, model'),
    ({'configurations': {'a': {'params': 'suite.yaml', 'modalities': 'lidar'}}},
     "configurations.a.modalities is 'lidar': expected list"),
    ({'configurations': {'a': {'params': 'suite.yaml', 'gates': {'lidar': 2}}}},
     'the gate of lidar is 2: expected 0 to 1'),
    ({'configurations': {'a': {'params': 'suite.yaml', 'connected_blocks': 0}}},
     'connected_blocks is 0: expected greater than or equal to 1'),
    ({'configurations': {'a': {'params': 'suite.yaml', 'connectors': 'gone'}}},
     'gone does not exist'),
    ({'configurations': {'a': {'params': 'suite.yaml', 'parameters': {'max_age_s': 1}}}},
     "'max_age_s': expected <node>.<parameter>"),
    ({'options': {'path': 'online'}}, "options.path is 'online': expected 'offline' or 'live'"),
    ({'options': {'rate': 2.0}}, 'a rate is for the live path only'),
    ({'options': {'path': 'live', 'controls': ['shuffled']}},
     'controls are answered on the offline path only'),
    ({'options': {'path': 'live'}, 'configurations': {'a': {
        'params': 'suite.yaml', 'gates': {'lidar': 0.5}}}},
     "the configuration 'a' has connected_blocks or gates, which are for the offline path"),
    ({'options': {'path': 'live', 'rate': 0}}, 'options.rate is 0: expected greater than 0'),
    ({'options': {'controls': ['blind']}},
     "options.controls[0] is 'blind': expected 'question_only' or 'shuffled'"),
    ({'options': {'strict': 'yes'}}, "options.strict is 'yes': expected boolean"),
    ({'floors': [{'at_least': 0.5}]}, 'floors[0] has no metric: expected one of accuracy, '),
    ({'floors': [{'metric': 'precision', 'at_least': 0.5}]},
     "floors[0] has the metric 'precision': expected one of 'accuracy', 'difference'"),
    ({'floors': [{'metric': 'accuracy'}]}, 'floors[0]: without a bound: expected at_least or'),
    ({'floors': [{'metric': 'accuracy', 'at_least': 70}]},
     'floors[0]: at_least is 70: expected 0 to 1'),
    ({'floors': [{'metric': 'refused', 'at_most': -1}]}, 'at_most is -1: expected 0 or more'),
    ({'floors': [{'metric': 'ece', 'at_most': float('nan')}]},
     'floors[0].at_most is nan: expected a finite number'),
    ({'floors': [{'metric': 'flops', 'at_most': '1e12'}]},
     "floors[0].at_most is '1e12', which YAML reads as text: expected 1.0e+12"),
    ({'floors': [{'metric': 'asked', 'at_least': 9, 'at_most': 3}]},
     'at_least 9 is above at_most 3'),
    ({'floors': [{'metric': 'accuracy', 'at_least': 0.5, 'use': 'mean'}]},
     "floors[0].use is 'mean': expected 'accuracy', 'low' or 'high'"),
    ({'floors': [{'metric': 'accuracy', 'at_least': 0.5, 'where': {'kind': 'exist'}}]},
     'floors[0].where.kind is unknown; there is type, hop, condition, modalities, bag'),
    ({'floors': [{'metric': 'accuracy', 'at_least': 0.5, 'where': {}}]},
     'floors[0].where: expected one of type, hop, condition, modalities, bag, got 0 of them'),
    ({'floors': [{'metric': 'accuracy', 'at_least': 0.5, 'control': 'shuffled',
                  'where': {'hop': 1}}]}, 'known for all questions and by type, not by hop'),
    ({'floors': [{'metric': 'difference', 'at_least': 0.1}]}, 'floors[0].control is missing'),
    ({'floors': [{'metric': 'latency_ms', 'of': 'core', 'percentile': 'p42', 'at_most': 1}]},
     "floors[0].percentile is 'p42': expected 'p50', 'p90', 'p95', 'p99' or 'max'"),
    ({'floors': [{'metric': 'asked', 'at_least': 1, 'configurations': ['camera']}]},
     "floors[0] is about the configuration 'camera'; there are both"),
    ({'floors': [{'metric': 'difference', 'control': 'shuffled', 'at_least': 0.1}]},
     'floors[0] is about shuffled, which is not among options.controls'),
    ({'floors': [{'metric': 'accuracy', 'at_least': 0.5, 'where': {'bag': 'friday'}}]},
     "floors[0] is about the bag 'friday'; there are bag"),
    ({'floors': [{'metric': 'latency_ms', 'of': 'roundtrip', 'percentile': 'p99',
                  'at_most': 400}]},
     "floors[0].of: 'roundtrip' is no time: expected one of fuse, prefill, decode, score"),
    ({'floors': [{'metric': 'latency_ms', 'of': 'round_trip', 'percentile': 'p99',
                  'at_most': 400}]},
     'floors[0] is about round_trip, which only the live path measures'),
])
def test_what_is_wrong_is_one_line_with_its_field(
        folder: Path, changes: dict[str, Any], words: str,
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv('AMENT_PREFIX_PATH', raising=False)
    content = yaml.safe_dump(described(**changes), sort_keys=False)
    assert words in refusal(folder, '# drive\n' + content)


def test_every_mistake_is_named_with_its_line(folder: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        load(folder, 'version: 1\nbags:\n- path: bag\n  color: red\nconfigurations:\n  both:\n'
                     '    params: suite.yaml\n    gates:\n      camera: high\n')
    assert [line.partition(', ')[2] for line in str(caught.value).splitlines()] == [
        'line 4: bags[0].color is unknown; there is path, name, questions, condition, scene',
        "line 9: configurations.both.gates.camera is 'high': expected number"]


@pytest.mark.parametrize('content, words', [
    ('', ': expected a mapping with version, bags'),
    ('- version: 1', ': expected a mapping with version, bags'),
    ('version: 1\nbags: [', ', line 2: not YAML: '),
    ('version: 1\nbags: \x07', ': not YAML: '),
    ('version: 1\nname: a\nversion: 1', ", line 3: 'version' stands on line 1 already"),
    ('version: &a [*a]', ', line 1: refers to itself'),
    pytest.param('[' * 5000, ': not usable YAML: ', id='deep'),
    ('name: 2026-13-45', ': not usable YAML: '),
    ('name: !!python/name:os.system', ', line 1: not YAML: could not determine a constructor'),
])
def test_a_file_that_is_no_scenario_is_named(folder: Path, content: str, words: str) -> None:
    assert words in refusal(folder, content)


def test_aliases_of_aliases_take_no_time(folder: Path) -> None:
    lines = ['a: &a0 [x, x]', *(f'a{n}: &a{n} [*a{n - 1}, *a{n - 1}]' for n in range(1, 60))]
    with pytest.raises(ScenarioError, match='line 60: a59 is unknown'):
        load(folder, '\n'.join(lines))


def test_a_file_that_is_not_there_or_not_text_is_named(folder: Path) -> None:
    with pytest.raises(ScenarioError, match='gone.yaml: cannot be read: No such file'):
        load_scenario(folder / 'gone.yaml')
    (folder / 'drive.yaml').write_bytes(b'version: \xff\xfe')
    with pytest.raises(ScenarioError, match='drive.yaml: not YAML: '):
        load_scenario(folder / 'drive.yaml')


def test_without_pydantic_one_sentence_says_what_to_install(
        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'pydantic', None)
    for part in ('scenario', 'scenario_floors', 'scenario_model'):
        monkeypatch.delitem(sys.modules, f'mpnp_ros.evaluation.scenarios.{part}')
    with pytest.raises(ImportError, match=re.escape("pip install 'mpnp_ros[evaluation]'")):
        importlib.import_module('mpnp_ros.evaluation.scenarios.scenario')


def test_the_questions_of_a_bag_come_with_its_condition_and_in_order(folder: Path) -> None:
    (folder / 'more.jsonl').write_text(
        '{"stamp_ns": 3, "question": "q", "condition": "fog"}\n'
        '{"stamp_ns": 2, "question": "q", "id": "own"}\n{"stamp_ns": 9, "question": "q"}\n')
    scenario = load(folder, described(
        questions=['more.jsonl'], bags=[{
            'path': 'bag', 'name': 'monday', 'questions': ['questions.jsonl'],
            'condition': 'night', 'scene': 's1'}]))
    problems = Problems()
    questions = scenario_questions(scenario, scenario.bags[0], problems, start_ns=1, end_ns=8)
    assert [(q.stamp_ns, q.id, q.condition, q.scene) for q in questions] == [
        (2, 'own', 'night', 's1'), (3, 'monday/more:1', 'fog', 's1'),
        (5, 'monday/questions:1', 'night', 's1')]
    problem, = problems
    assert problem.places == ['monday/more.jsonl, line 3 (0.000 s after its end)']


def test_conditions_choose_among_the_questions(folder: Path) -> None:
    (folder / 'questions.jsonl').write_text(
        '{"stamp_ns": 3, "question": "a"}\n'
        '{"stamp_ns": 4, "question": "b", "condition": "night"}\n')
    scenario = load(folder, described(conditions=['night', 'fog']))
    questions = scenario_questions(scenario, scenario.bags[0], Problems())
    assert [question.text for question in questions] == ['b']


def test_each_bag_gets_the_questions_about_its_samples(folder: Path) -> None:
    for index, name in enumerate(('one', 'two')):
        (folder / name).mkdir()
        (folder / name / 'samples.json').write_text(json.dumps({f't{index}': index}))
    (folder / 'val.json').write_text(json.dumps({'questions': [
        {'sample_token': f't{index}', 'question': 'Are there any cars?', 'answer': 'yes'}
        for index in range(3)]}))
    scenario = load(folder, described(
        bags=[{'path': 'one'}, {'path': 'two'}], questions=['val.json']))
    problems = Problems()
    found = [scenario_questions(scenario, bag, problems) for bag in scenario.bags]
    assert [[q.id for q in questions] for questions in found] == [['one/val:0'], ['two/val:1']]
    assert not len(problems)


def test_an_id_of_two_files_is_named(folder: Path) -> None:
    for name in ('a', 'b'):
        (folder / f'{name}.jsonl').write_text('{"stamp_ns": 1, "question": "q", "id": "x"}\n')
    scenario = load(folder, described(
        bags=[{'path': 'bag', 'questions': ['a.jsonl', 'b.jsonl']}]))
    problems = Problems()
    assert len(scenario_questions(scenario, scenario.bags[0], problems)) == 1
    problem, = problems
    assert (problem.what, problem.places) == ('an id is used twice', ['bag/b.jsonl (x)'])


def test_the_shipped_scenario_can_be_run_as_it_is() -> None:
    scenario = load_scenario(SHIPPED)
    assert scenario.name == 'demo_drive'
    problems = Problems()
    questions = scenario_questions(
        scenario, scenario.bags[0], problems, modalities=['camera', 'lidar'])
    assert len(questions) > 100 and not len(problems)
    types = {question.type for question in questions}
    asked = {floor.where.type for floor in scenario.floors  # type: ignore[union-attr]
             if getattr(floor, 'where', None)}
    assert asked and asked <= types


def test_the_example_of_the_document_can_be_run_as_it_is(tmp_path: Path) -> None:
    text = DOCUMENT.read_text(encoding='utf-8')
    example, = re.findall(r'```yaml\n(version: .*?)```', text, re.DOTALL)
    path = tmp_path / 'example.yaml'
    path.write_text(example)
    scenario = load_scenario(path)
    problems = Problems()
    for bag in scenario.bags:
        assert scenario_questions(scenario, bag, problems)
    assert not len(problems)


def test_the_document_names_every_field_and_every_metric() -> None:
    text = DOCUMENT.read_text(encoding='utf-8')
    schema = scenario_schema()
    fields = {name for part in (schema, *schema['$defs'].values()) for name in part['properties']}
    metrics = set(schema['properties']['floors']['items']['discriminator']['mapping'])
    assert {name for name in fields | metrics if f'`{name}`' not in text} == set()


def test_the_schema_describes_and_closes_every_part() -> None:
    schema = scenario_schema()
    json.dumps(schema)
    assert len(schema['$defs']) >= 11
    for part in (schema, *schema['$defs'].values()):
        assert part['additionalProperties'] is False
        assert part['description']
        assert all('description' in field or field.get('title') == 'Metric'
                   for field in part['properties'].values())


def test_the_schema_takes_the_shipped_scenario_and_refuses_others() -> None:
    jsonschema = pytest.importorskip('jsonschema')
    validator = jsonschema.Draft202012Validator(scenario_schema())
    content = yaml.safe_load(SHIPPED.read_text(encoding='utf-8'))
    assert list(validator.iter_errors(content)) == []
    assert list(validator.iter_errors({**content, 'version': 2}))
    assert list(validator.iter_errors({**content, 'floors': [{'metric': 'precision'}]}))
