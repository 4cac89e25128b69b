# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What a comparison learns from and asks: the same for all of its arms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mpnp_ros.core.connectors import Source
from mpnp_ros.core.fusion.choose import Choice
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.samples import TrainingSample
from mpnp_ros.core.text_states import Text
from mpnp_ros.core.training_texts import TrainingTexts
from mpnp_ros.evaluation.bags.bag import find_bags
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.bag_questions import gather
from mpnp_ros.evaluation.record import same_answer
from mpnp_ros.suite.configuration import SuiteConfiguration
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.labelled import Labelled, read_labelled, sources, usable
from mpnp_ros.training.split import refuse_shared_scenes
from mpnp_ros.training.token_cache import TokenCache


@dataclass(frozen=True)
class Asked:
    """A question to answer, in tokens; each candidate ends with the end token."""

    labelled: Labelled
    prompt: tuple[int, ...]
    candidates: tuple[tuple[int, ...], ...]

    @property
    def right(self) -> int:
        """Return the number of the right candidate."""
        question = self.labelled.question
        return next(number for number, text in enumerate(question.candidates)
                    if same_answer(text, question.answer or ''))

    def choice(self, latents: Mapping[str, Latents]) -> Choice:
        """Return the choice among the candidates from latents."""
        return Choice(self.prompt, self.candidates, latents)


@dataclass(frozen=True)
class Data:
    """Questions to learn from and to ask; any beginning of `asked` is spread over the scenes."""

    learned: list[Labelled]
    asked: list[Asked]
    sources: dict[str, Source]
    texts: TrainingTexts

    def learned_by(self, left_out: str) -> list[Labelled]:
        """Return what is learned from, all of it or without a modality.

        What only that modality tells is left out, as if there had never been such a sensor.
        """
        if not left_out:
            return self.learned
        kept = []
        for one in self.learned:
            latents = {name: given for name, given in one.sample.latents.items()
                       if name != left_out}
            needs = tuple(name for name in one.sample.needs if name != left_out)
            if latents and (needs or not one.sample.needs):
                kept.append(dataclasses.replace(one, sample=TrainingSample(
                    one.sample.question, one.sample.answer, latents, needs)))
        return kept

    def text(self, one: Labelled) -> Text:
        """Return prompt and answer of what is learned."""
        return self.texts.of(one.sample, one.sample.latents)


def read_data(
    configuration: SuiteConfiguration, cache: TokenCache, llm: LanguageModel, train: Path,
    test: Path, problems: Problems, *, system_prompt: str, train_scenes: int, questions: int,
    types: Collection[str] = (),
) -> Data:
    """Read both parts, encoding what is not encoded yet.

    `train_scenes` and `questions` bound them, 0 takes all, and so do `types` of questions where
    they are given. Raises TrainError where nothing is
    left of one of them or a scene belongs to both.
    """
    learned = read_labelled(
        _bags(train, configuration, train_scenes), [], configuration, cache, problems)
    asked = read_labelled(find_bags(test), [], configuration, cache, problems)
    refuse_shared_scenes(learned, asked)
    learned, asked = ([one for one in part if not types or one.question.type in types]
                      for part in (learned, asked))
    found = sources(learned, problems)
    learned, asked = (usable(part, found, llm, system_prompt, None, problems)
                      for part in (learned, asked))
    asked = [one for one in asked if any(
        same_answer(text, one.question.answer or '') for text in one.question.candidates)]
    for name, part in ((train, learned), (test, asked)):
        if not part:
            raise TrainError(f'{name}: no question there can be used ({_first(problems)})')
    if train_scenes:
        scenes = list(dict.fromkeys(one.scene for one in learned))[:train_scenes]
        learned = [one for one in learned if one.scene in set(scenes)]
    answers: dict[str, tuple[int, ...]] = {}
    for one in asked:
        for text in one.question.candidates:
            if text not in answers:
                answers[text] = tuple(llm.format.answer(text))
    return Data(learned, [
        Asked(one, tuple(llm.prompt(one.question.text, system_prompt)),
              tuple(answers[text] for text in one.question.candidates))
        for one in spread(asked)[:questions or None]
    ], found, TrainingTexts(llm, system_prompt, None))


def spread(asked: Sequence[Labelled]) -> list[Labelled]:
    """Return questions in an order of which any beginning has about as many of each scene."""
    generator = np.random.default_rng(29)
    by_scene: dict[str, list[Labelled]] = defaultdict(list)
    for index in generator.permutation(len(asked)):
        by_scene[asked[index].scene].append(asked[index])
    ranked = [(rank, place, one) for place, scene in enumerate(by_scene.values())
              for rank, one in enumerate(scene)]
    return [one for _, _, one in sorted(ranked, key=lambda item: item[:2])]


def _bags(folder: Path, configuration: SuiteConfiguration, scenes: int) -> list[Path]:
    """Return the first bags that have so many scenes, so that no more are encoded."""
    bags = find_bags(folder)
    if not scenes:
        return bags
    chosen: list[Path] = []
    have: set[str] = set()
    for bag in gather(bags, [], sorted(configuration.modalities), Problems()):
        if len(have) >= scenes:
            break
        chosen.append(bag.path)
        have.update(question.scene or bag.name for question in bag.questions)
    return chosen


def _first(problems: Problems) -> str:
    found = next(iter(problems), None)
    return f'{found.what}: {found.places[0]}' if found else 'nothing was wrong'
