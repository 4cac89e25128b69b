# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What cannot be learned from is named and counted, and the rest is learned."""

from __future__ import annotations

from collections.abc import Callable
import json
from pathlib import Path

import pytest
from safetensors.torch import load_file
from tiny_suite import START_NS, STEP_NS, TinySuite
from training_files import training

from mpnp_ros.evaluation.offline.latent_bag import write_latent_bag
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.suite.configuration import read_configuration
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.token_cache import TokenCache

QUESTION = {'stamp_ns': START_NS, 'question': 'is it?', 'candidates': ['yes', 'no'],
            'answer': 'yes'}


def cache(suite: TinySuite, folder: Path) -> TokenCache:
    return TokenCache(folder, read_configuration(suite.params_file), 0.1)


BAD: list[tuple[dict[str, object], str]] = [
    ({**QUESTION, 'answer': 'perhaps'}, 'the answer is none of the candidates'),
    ({**QUESTION, 'needs': ['radar']}, "'needs' names the modality 'radar'"),
    ({**QUESTION, 'stamp_ns': 5}, "the stamp lies outside the bag's time"),
    ({**QUESTION, 'answer': None}, 'a question has no answer to learn'),
    ({**QUESTION, 'question': 'is it? ' * 200}, 'a question is longer than the 256 tokens'),
]


def test_questions_that_cannot_be_learned_are_counted_and_the_others_learned(
        suite: TinySuite, tmp_path: Path) -> None:
    own = TinySuite(suite.params_file, tmp_path)
    drive = own.drive('bad', 2)
    questions = drive.parent / 'questions.jsonl'
    questions.write_text(questions.read_text() + '\n'.join(
        json.dumps(bad) for bad, _ in BAD), encoding='utf-8')
    run = training(suite, tmp_path, data={'bags': [str(drive)], 'scene': 'moment'})
    assert run.run()['overall']['n'] == 3
    for problem, (_, said) in zip(run.problems, BAD):
        assert problem.what.startswith(said) and problem.count == 1
    assert len(run.problems) == len(BAD)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:300])


@pytest.mark.parametrize('harm', [_truncate, Path.unlink])
def test_a_bag_that_is_damaged_costs_only_itself(
        suite: TinySuite, tmp_path: Path, harm: Callable[[Path], None]) -> None:
    own = TinySuite(suite.params_file, tmp_path)
    drives = [own.drive(name, 2) for name in ('a', 'b', 'torn')]
    harm(next(drives[2].glob('*.mcap')))
    run = training(suite, tmp_path, data={'bags': [str(drive) for drive in drives],
                                          'held_out_share': 0.5})
    assert run.run()['overall']['n'] == 6
    assert any('torn' in place for problem in run.problems for place in problem.places)


def test_sweeps_without_a_point_are_told(suite: TinySuite, tmp_path: Path) -> None:
    own = TinySuite(suite.params_file, tmp_path)
    drive = own.drive('dark', 3, broken=(0,))
    run = training(suite, tmp_path, data={'bags': [str(drive)], 'scene': 'moment'})
    run.run()
    assert any(problem.what.startswith('nothing was sensed at the moment of a question')
               and problem.count == 3 for problem in run.problems)


def test_without_anything_to_learn_it_stops(suite: TinySuite, tmp_path: Path) -> None:
    own = TinySuite(suite.params_file, tmp_path)
    drive = own.drive('dark', 2, broken=(0, 1))
    with pytest.raises(TrainError, match='no question that can be learned from'):
        training(suite, tmp_path, data={'bags': [str(drive)]}).run()


def test_a_modality_without_latents_is_named(suite: TinySuite, tmp_path: Path) -> None:
    bags = [str(suite.folder / name / 'drive') for name in ('first', 'second')]
    with pytest.raises(TrainError, match='radar are to be trained: the suite has lidar'):
        training(suite, tmp_path, data={'bags': bags, 'modalities': ['radar']}).run()


def test_a_bag_is_encoded_once(suite: TinySuite, tmp_path: Path) -> None:
    bag = suite.questions(suite.folder / 'first' / 'drive')[0]
    first, second = cache(suite, tmp_path), cache(suite, tmp_path)
    before, after = first.moments(bag, Problems()), second.moments(bag, Problems())
    assert (first.encoded, first.found) == (1, 0)
    assert (second.encoded, second.found) == (0, 1)
    for one, other in zip(before, after):
        assert one.available['lidar'].latents.tokens.equal(other.available['lidar'].latents.tokens)


def test_tokens_that_were_damaged_are_encoded_again(suite: TinySuite, tmp_path: Path) -> None:
    bag = suite.questions(suite.folder / 'first' / 'drive')[0]
    cache(suite, tmp_path).moments(bag, Problems())
    tokens = next(tmp_path.rglob('tokens_*.safetensors'))
    whole = load_file(tokens)['0.tokens'].clone()    # what is mapped must not be cut off
    tokens.write_bytes(tokens.read_bytes()[:200])
    problems, again = Problems(), cache(suite, tmp_path)
    assert len(again.moments(bag, problems)) == 6
    assert again.encoded == 1
    assert load_file(tokens)['0.tokens'].equal(whole)
    assert [problem.what for problem in problems] == ['cached tokens were damaged: encoded again']


def test_a_bag_that_changed_is_encoded_again(suite: TinySuite, tmp_path: Path) -> None:
    own = TinySuite(suite.params_file, tmp_path)
    tokens = cache(suite, tmp_path / 'tokens')
    drive = own.drive('changing', 2)
    before = tokens.key(suite.questions(drive)[0])
    file = next(drive.glob('*.mcap'))
    file.write_bytes(file.read_bytes() + b' ')
    assert tokens.key(suite.questions(drive)[0]) != before


def test_a_bag_of_latents_is_learned_from_without_its_encoder(
        suite: TinySuite, tmp_path: Path) -> None:
    bag = suite.questions(suite.folder / 'first' / 'drive')[0]
    moments = cache(suite, suite.folder / 'tokens').moments(bag, Problems())
    write_latent_bag(tmp_path / 'latents', moments)
    lines = [json.dumps({**QUESTION, 'stamp_ns': START_NS + index * STEP_NS})
             for index in range(4)]
    (tmp_path / 'questions.jsonl').write_text('\n'.join(lines), encoding='utf-8')
    scores = training(suite, tmp_path, data={
        'bags': [str(tmp_path / 'latents')], 'scene': 'moment', 'held_out_share': 0.5}).run()
    assert scores['overall']['n'] == 2
