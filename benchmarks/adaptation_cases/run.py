# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The stages of a run: a camera learned by day, judged, and adapted at night."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
import shutil
import time
from typing import Any

from adaptation_cases.cases import Case, CASES
from adaptation_cases.choice import at, CAMERA, choose, DAY, write_recording
from adaptation_cases.process import adapted
from adaptation_cases.stages import Stages

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connector_training import ConnectorTraining
from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.state_cache import StateMemory
from mpnp_ros.core.training_config import TrainingConfig
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.question_only.text_model import TextModel
from mpnp_ros.suite.parameters import LlmParameters
from mpnp_ros.training.adaptation.request import AdaptationRequest
from mpnp_ros.training.adaptation.samples import restricted
from mpnp_ros.training.held_out import judge
from mpnp_ros.training.labelled import Labelled, names_of, sources, usable
from mpnp_ros.world.progress import ProgressLine

BEFORE, QUESTION_ONLY = 'before', 'question_only'
_CONNECTORS = 'connectors'
_L2 = 1.0
_KEPT_BYTES = 2 ** 30   # of texts, which are asked again after each adaptation


@dataclass(frozen=True)
class ByDay:
    """How connectors of the camera are made and learn by day.

    :ivar connectors: what `Connectors.create` is given.
    """

    connectors: dict[str, Any]
    training: TrainingConfig


@dataclass(frozen=True)
class Amounts:
    """How much is learned in an adaptation, and by whom."""

    samples: int
    scene_questions: int
    seconds: float
    threads: int


class Run:
    """Do what is not finished.

    :ivar asked: held-out questions that a camera can answer, with the latents of camera and lidar.

    :param camera: folder of connectors whose camera has learned already, in all conditions;
        without one it learns by day.
    """

    def __init__(self, stages: Stages, llm: LanguageModel, parameters: LlmParameters,
                 suite: Path, learned: Sequence[Labelled], asked: Sequence[Labelled],
                 bags: Mapping[str, Path], amounts: Amounts, by_day: ByDay,
                 look: Callable[[str], None], camera: Path | None = None) -> None:
        self._stages, self._llm, self._parameters = stages, llm, parameters
        self._suite, self._learned, self._bags = suite, learned, bags
        self._amounts, self._day, self._look = amounts, by_day, look
        self.asked = asked
        self._camera, self._given = stages.folder / _CONNECTORS, camera
        llm.keep_states(StateMemory(_KEPT_BYTES), (None,) * by_day.connectors['connected_blocks'])

    def learn_by_day(self) -> None:
        """Train connectors of the camera on scenes of the day, or take those that are given."""
        if self._stages.of('learned_by_day') is not None:
            return
        if self._given is not None:
            self._take(self._given)
            return
        config, problems = self._day.training, Problems()
        found = {name: one for name, one in sources(self._learned, problems).items()
                 if name == CAMERA}
        by_day = usable(
            self._by_day(), found, self._llm, self._day.connectors['system_prompt'],
            config.unknown_answer, problems)
        for one in problems:
            self._look(f'{one.what} ({one.count} times: {", ".join(one.places)})')
        connectors = Connectors.create(
            self._llm, found, names=names_of(found), **self._day.connectors)
        began = time.monotonic()
        training = ConnectorTraining(
            self._llm, connectors, [one.sample for one in by_day], config, fresh={CAMERA})
        line = ProgressLine('camera by day')
        while not training.finished:
            training.advance()
            line(training.step, config.steps, f'loss {training.means.loss:.3f}')
        seconds = time.monotonic() - began
        connectors.training_summary |= {CAMERA: training.summary()}
        self._keep(connectors)
        self._stages.add('learned_by_day', {
            'questions': len(by_day), 'scenes': len({one.scene for one in by_day}),
            'seconds': seconds, **training.summary()})

    def _take(self, folder: Path) -> None:
        given = Connectors.load(folder, self._llm)
        self._keep(Connectors({CAMERA: given[CAMERA]},
                              {CAMERA: given.training_summary.get(CAMERA, {})}))

    def _keep(self, connectors: Connectors) -> None:
        part = self._camera.with_name(f'{_CONNECTORS}.part')
        for leftover in (part, self._camera):
            shutil.rmtree(leftover, ignore_errors=True)
        part.mkdir(parents=True)
        connectors.save(part)
        part.rename(self._camera)

    def judge_before(self) -> None:
        """Answer from the words alone, as learned by day, and with the camera alone."""
        if self._stages.of(QUESTION_ONLY) is None:
            model = TextModel([one.question.text for one in self._by_day()],
                              [one.sample.answer for one in self._by_day()], _L2)
            guesses = model.answer([one.question.text for one in self.asked],
                                   [one.question.candidates for one in self.asked])
            self._stages.add(QUESTION_ONLY, {'right': _marks(
                guess == one.sample.answer for guess, one in zip(guesses, self.asked))})
        if self._stages.of(BEFORE) is None:
            connectors = Connectors.load(self._camera, self._llm)
            self._stages.add(BEFORE, {'right': self._right(connectors, (CAMERA,))})

    def adapt(self, name: str, seed: int) -> None:
        """Run one adaptation of CASES as the action does, and judge what is in use afterwards."""
        stage, case, given = f'{name}_{seed}', CASES[name], self._amounts
        if self._stages.of(stage) is not None:
            return
        chosen = choose([one for one in self._learned
                         if not case.time or at(one.question.condition, case.time)],
                        given.samples, given.scene_questions, seed)
        folder = self._stages.folder / 'adapted' / stage
        shutil.rmtree(folder, ignore_errors=True)
        write_recording(folder / 'recording', chosen, self._bags)
        (folder / 'sets').mkdir()
        verdict = adapted(AdaptationRequest(
            data=str((folder / 'recording').resolve()), modalities=list(case.modalities),
            max_seconds=given.seconds, seed=seed, suite=str(self._suite.resolve()),
            threads=given.threads, start=str(self._camera.resolve()),
            out=str((folder / 'sets' / '0001').resolve()),
            tokens=str((folder / 'tokens').resolve()), llm=asdict(self._parameters)))
        shutil.rmtree(folder / 'tokens', ignore_errors=True)
        self._stages.add(stage, {
            **verdict, 'samples': len(chosen), 'scenes': len({one.scene for one in chosen}),
            'taken_over': bool(verdict['connectors']),
            'right': self._in_use(verdict['connectors'], case)})

    def _in_use(self, learned: str, case: Case) -> dict[str, str]:
        """Return the marks of what answers: the camera as it was, where nothing took over."""
        before = self._stages.of(BEFORE)
        if not learned and before is not None:
            return {title: before['right'] for title, modalities in case.answering.items()
                    if CAMERA in modalities}
        in_use = Connectors.load(learned, self._llm)
        return {title: self._right(in_use, modalities)
                for title, modalities in case.answering.items()}

    def _by_day(self) -> list[Labelled]:
        return [one for one in self._learned if at(one.question.condition, DAY)]

    def _right(self, connectors: Connectors, modalities: Sequence[str]) -> str:
        wanted = {one.config.modality: Source(
            one.config.encoder_id, one.config.encoder_weights_hash, one.config.width)
            for one in connectors if one.config.modality in modalities}
        records = judge(Answerer(self._llm, connectors), restricted(self.asked, wanted))
        return _marks(record.right for record in records)


def _marks(right: Iterable[bool | None]) -> str:
    return ''.join('1' if one else '0' for one in right)
