# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The file that says which moment of a bag is which sample."""

from pathlib import Path

import pytest

from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.sample_stamps import read_sample_stamps


@pytest.mark.parametrize('where', ['.', 'bag'])
def test_it_lies_in_the_bag_or_beside_it(tmp_path: Path, where: str) -> None:
    bag = tmp_path / 'bag'
    bag.mkdir()
    (tmp_path / where / 'samples.json').write_text('{"token": 1532402927647951000}')
    problems = Problems()
    assert read_sample_stamps(bag, problems) == {'token': 1532402927647951000}
    assert not len(problems)


def test_a_bag_without_it_has_no_samples(tmp_path: Path) -> None:
    problems = Problems()
    assert read_sample_stamps(tmp_path / 'bag', problems) is None
    assert not len(problems)


@pytest.mark.parametrize('content', ['{', '[1]', '{"token": 1.5}', '{"token": "now"}', '\ufffe'])
def test_a_damaged_one_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / 'samples.json').write_text(content)
    problems = Problems()
    assert read_sample_stamps(tmp_path / 'bag', problems) is None
    problem, = problems
    assert problem.what.startswith('samples.json is not')
    assert problem.places == [str(tmp_path / 'samples.json')]
