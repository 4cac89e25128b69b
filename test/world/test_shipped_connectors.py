# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The connectors that come with the package answer the demo's questions from its sensors."""

from __future__ import annotations

import pytest
import torch

from mpnp_ros import shipped
from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.weights import locate, WeightsMissing
from mpnp_ros.world.bag import read_bag
from mpnp_ros.world.dataset import BAG, QUESTIONS
from mpnp_ros.world.demo_plan import LLM
from mpnp_ros.world.encoding import SensorEncoders
from mpnp_ros.world.question_file import read_questions
from mpnp_ros.world.questions import UNKNOWN

pytestmark = pytest.mark.weights
_MEGABYTES = 8


class Drive:
    """The demo drive with the models that answer about it; latents are made when asked for."""

    def __init__(self, directory) -> None:
        self.asked = read_questions(directory / QUESTIONS)
        self.demo = [item for item in self.asked if item.demo]
        self.encoders = SensorEncoders()
        llm = LanguageModel.load(LLM)
        self.answerer = Answerer(llm, Connectors.load(shipped.connectors(), llm))
        self._recording = read_bag(directory / BAG)
        self._latents: dict[int, dict] = {}

    @property
    def stamps(self) -> list[int]:
        return [moment.stamp_ns for moment in self._recording.moments]

    def latents(self, stamp_ns: int, *without: str) -> dict:
        if stamp_ns not in self._latents:
            moment = self._recording.moments[self.stamps.index(stamp_ns)]
            self._latents[stamp_ns] = self.encoders.encode(self._recording, moment)
        return {name: latents for name, latents in self._latents[stamp_ns].items()
                if name not in without}


@pytest.fixture(scope='module')
def drive(shipped_drive):
    """Return the drive; skips where pretrained weights are not in the cache."""
    for name in (LLM, 'efficientnet-lite0'):
        try:
            locate(name)
        except WeightsMissing as missing:
            pytest.skip(str(missing))
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # two are slower wherever something else runs
    yield Drive(shipped_drive)
    torch.set_num_threads(before)


def test_both_files_are_small() -> None:
    files = list(shipped.connectors().glob('*.safetensors'))
    assert {path.stem for path in files} == {'camera', 'lidar'}
    assert sum(path.stat().st_size for path in files) < _MEGABYTES * 10**6


def test_connectors_fit_the_encoders_of_the_demo(drive) -> None:
    for modality, latents in drive.latents(drive.stamps[0]).items():
        drive.answerer.connectors.check(latents)
        assert latents.modality == modality


@pytest.mark.parametrize('number', [0, 1, 2])
def test_a_demo_question_is_answered_right_by_score(drive, number: int) -> None:
    item = drive.demo[number]
    result = drive.answerer.answer(
        item.question.text, drive.latents(item.stamp_ns), candidates=item.question.candidates)
    assert result.text == item.question.answer


@pytest.mark.parametrize('number', [0, 1, 2])
def test_a_demo_question_is_answered_right_in_free_text(drive, number: int) -> None:
    item = drive.demo[number]
    result = drive.answerer.answer(item.question.text, drive.latents(item.stamp_ns))
    assert result.text == item.question.answer


@pytest.mark.parametrize('number', [0, 1, 2])
def test_a_demo_answer_holds_half_a_second_to_both_sides(drive, number: int) -> None:
    item = drive.demo[number]
    at = drive.stamps.index(item.stamp_ns)
    for stamp_ns in (drive.stamps[at - 1], drive.stamps[at + 1]):
        [truth] = [other.question for other in drive.asked if other.stamp_ns == stamp_ns
                   and other.question.text == item.question.text]
        result = drive.answerer.answer(
            truth.text, drive.latents(stamp_ns), candidates=truth.candidates)
        assert result.text == truth.answer == item.question.answer


@pytest.mark.parametrize('number', [0, 1, 2])
def test_without_its_sensor_a_demo_question_has_no_answer(drive, number: int) -> None:
    item = drive.demo[number]
    latents = drive.latents(item.stamp_ns, *item.question.needs)
    result = drive.answerer.answer(
        item.question.text, latents, candidates=item.question.candidates)
    assert result.text == UNKNOWN


def test_colours_cannot_be_told_without_the_camera(drive) -> None:
    colors = [item for item in drive.asked if item.question.type == 'color'][::4]
    right = {'with': 0, 'without': 0}
    for item in colors:
        question = item.question
        for name, without in (('with', ()), ('without', ('camera',))):
            result = drive.answerer.answer(
                question.text, drive.latents(item.stamp_ns, *without),
                candidates=question.candidates)
            right[name] += result.text == question.answer
    chance = len(colors) / (len(colors[0].question.candidates) - 1)
    assert right['without'] <= chance < right['with'] / 2
