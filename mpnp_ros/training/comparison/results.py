# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The folder of a comparison: what has been finished stays, whatever ends the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import dataclasses
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from mpnp_ros.training.comparison.cost import StepCost
from mpnp_ros.training.comparison.data import Asked
from mpnp_ros.training.comparison.trial import Trial
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.whole_file import write_bytes

_SETUP, _QUESTIONS = 'setup.json', 'questions.json'


@dataclass(frozen=True)
class Question:
    """What figures are grouped by, of a question that was asked."""

    id: str
    scene: str
    type: str
    condition: str
    needs: tuple[str, ...]


class Results:
    """A folder with the setup, the questions, costs by arm, and trials by arm and seed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, setup: Mapping[str, Any], asked: Sequence[Asked]) -> None:
        """Write the setup and the questions, or go on where they are the same.

        Raises TrainError where the folder holds another comparison, and says what differs.
        """
        described = json.loads(json.dumps(setup))
        if (self.folder / _SETUP).is_file():
            there = self.setup()
            different = sorted(key for key in {*there, *described}
                               if there.get(key) != described.get(key))
            if different:
                raise TrainError(
                    f'{self.folder} holds another comparison: ' + '; '.join(
                        f'{key} is {there.get(key)!r} there and {described.get(key)!r} now'
                        for key in different) + '. Choose another folder')
            return
        self._write(_QUESTIONS, [dataclasses.asdict(Question(
            one.labelled.question.id, one.labelled.scene, one.labelled.question.type,
            one.labelled.question.condition, one.labelled.question.needs)) for one in asked])
        self._write(_SETUP, described)

    def setup(self) -> dict[str, Any]:
        """Return what the comparison was made from."""
        read: dict[str, Any] = self._read(_SETUP)
        return read

    def questions(self) -> list[Question]:
        """Return the questions that were asked."""
        return [Question(**{**one, 'needs': tuple(one['needs'])})
                for one in self._read(_QUESTIONS)]

    def has(self, arm: str, seed: int) -> bool:
        """Tell whether an arm is finished with a seed."""
        return (self.folder / _trial(arm, seed)).is_file()

    def add(self, trial: Trial) -> None:
        """Keep a finished trial."""
        self._write(_trial(trial.arm, trial.seed), trial.described())

    def trials(self) -> dict[str, list[Trial]]:
        """Return the finished trials by arm, by seed."""
        found: dict[str, list[Trial]] = {}
        for path in sorted((self.folder / 'trials').glob('*.json')):
            trial = Trial.of(json.loads(path.read_text(encoding='utf-8')))
            found.setdefault(trial.arm, []).append(trial)
        return {arm: sorted(trials, key=lambda one: one.seed) for arm, trials in found.items()}

    def cost(self, arm: str) -> StepCost | None:
        """Return the cost of an arm's steps, None where it was not measured."""
        path = self.folder / _cost(arm)
        return StepCost(**self._read(_cost(arm))) if path.is_file() else None

    def add_cost(self, arm: str, cost: StepCost) -> None:
        """Keep the cost of an arm's steps."""
        self._write(_cost(arm), cost.described())

    def write_text(self, name: str, text: str) -> None:
        """Write a text file into the folder."""
        write_bytes(self.folder / name, text.encode())

    def _write(self, name: str, content: Any) -> None:
        self.write_text(name, json.dumps(content, indent=1) + '\n')

    def _read(self, name: str) -> Any:
        try:
            return json.loads((self.folder / name).read_text(encoding='utf-8'))
        except (OSError, ValueError) as error:
            raise TrainError(f'{self.folder / name} cannot be read: {error}') from error


def _trial(arm: str, seed: int) -> str:
    return f'trials/{arm}_{seed}.json'


def _cost(arm: str) -> str:
    return f'costs/{arm}.json'
