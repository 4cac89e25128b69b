# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Moments of recorded scenes: what is asked, the latents at hand, how good each sensor is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
import dataclasses
from dataclasses import dataclass
import math
from pathlib import Path

import numpy as np
from policy_benchmark.watched import Watched

from mpnp_ros.evaluation.bags.bag import Bag
from mpnp_ros.evaluation.offline.moment import Available, by_moment
from mpnp_ros.evaluation.offline.moment_reader import MomentReader
from mpnp_ros.evaluation.offline.offline_suite import Encoders
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.bag_questions import BagQuestions, gather
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.manager.policy import EVERYTHING, StaticPolicy
from mpnp_ros.suite.configuration import SuiteConfiguration
from mpnp_ros.suite.freshness import AgeLimits
from mpnp_ros.training.token_cache import TokenCache

SETTLE_S = 0.1   # as trainings have it, so that they share the cached tokens


@dataclass(frozen=True)
class SensedMoment:
    """Questions about one moment with what can be known then.

    :ivar available: fresh latents by modality.
    :ivar usability: of every modality of the suite, 0 for one without fresh latents.
    """

    bag: str
    stamp_ns: int
    asked_ns: int
    questions: tuple[AskedQuestion, ...]
    available: Mapping[str, Available]
    usability: Mapping[str, float]

    @property
    def key(self) -> tuple[str, int]:
        """Return what names the moment."""
        return self.bag, self.stamp_ns


class Scenes:
    """Bags with questions, of which some are asked: so many of a moment, moments far apart.

    Raises BagError where a path holds no bag.
    """

    def __init__(self, paths: Sequence[Path], configuration: SuiteConfiguration, tokens: Path, *,
                 questions: int, per_moment: int, seed: int = 0) -> None:
        self.problems = Problems()
        self._configuration = configuration
        self._cache = TokenCache(tokens, configuration, SETTLE_S)
        self._encoders = Encoders(configuration)
        self._bags = gather(paths, (), sorted(configuration.modalities), self.problems,
                            after_end_s=configuration.llm.max_age_s)
        self.chosen = choose(self._bags, questions, per_moment, seed)

    def moments(self, done: set[tuple[str, int]]) -> Iterator[SensedMoment]:
        """Return the moments that are not done yet, bag by bag."""
        given = self._configuration.llm
        limits = AgeLimits(given.max_age_s, given.future_tolerance_s)
        for bag in self._bags:
            asked = {stamp_ns: questions for (name, stamp_ns), questions in self.chosen.items()
                     if name == bag.name and (name, stamp_ns) not in done}
            if not asked:
                continue
            usability = self._usability(dataclasses.replace(bag, questions=tuple(
                question for questions in asked.values() for question in questions)), limits)
            for moment in self._cache.moments(bag, self.problems):
                if moment.stamp_ns not in asked:
                    continue
                held, _ = moment.take_up((), limits)
                yield SensedMoment(
                    bag.name, moment.stamp_ns, moment.asked_ns, asked[moment.stamp_ns],
                    {name: moment.available[name] for name in held}, usability[moment.stamp_ns])

    def _usability(self, bag: BagQuestions, limits: AgeLimits) -> dict[int, dict[str, float]]:
        """Return by stamp how good the sensors are, without encoding."""
        watched = {name: Watched(self._encoders[name], given.parameters.views, encodes=False)
                   for name, given in self._configuration.modalities.items()}
        found = {}
        # What is wrong with the bag is told by whoever encodes it.
        with Bag(bag.path, Problems()) as opened:
            reader = MomentReader(opened, self._configuration, watched,
                                  StaticPolicy([EVERYTHING]), lambda latents: None, Problems())
            for moment in reader.moments(bag.questions, SETTLE_S):
                held, _ = moment.take_up((), limits)
                found[moment.stamp_ns] = {
                    name: _usability_of(watched[name]) if name in held else 0.0
                    for name in watched}
        return found


def choose(bags: Sequence[BagQuestions], questions: int, per_moment: int, seed: int
           ) -> dict[tuple[str, int], tuple[AskedQuestion, ...]]:
    """Return by bag and stamp so many questions in all, those of a moment drawn by chance.

    Questions without an answer or candidates are left out.
    """
    moments = []
    for bag in bags:
        for stamp_ns, asked in by_moment(bag.questions):
            able = [one for one in asked if one.answer is not None and one.candidates]
            if able:
                moments.append((bag.name, stamp_ns, able))
    count = min(math.ceil(questions / per_moment), len(moments))
    rng = np.random.default_rng(seed)
    chosen = {}
    for index in range(count):
        name, stamp_ns, able = moments[index * len(moments) // count]
        drawn = sorted(rng.permutation(len(able))[:per_moment])
        chosen[name, stamp_ns] = tuple(able[place] for place in drawn)
    return chosen


def _usability_of(encoder: Watched) -> float:
    return 1.0 if encoder.quality is None else encoder.quality.usability
