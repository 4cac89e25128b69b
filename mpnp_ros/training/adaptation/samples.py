# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The labelled samples of an adaptation: read, restricted to modalities, and split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import dataclasses
from pathlib import Path

from mpnp_ros.core.connectors import Source
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.record import same_answer
from mpnp_ros.suite.configuration import read_configuration, SuiteConfiguration
from mpnp_ros.suite.parameter import filled
from mpnp_ros.suite.parameters import LlmParameters, ManagerParameters
from mpnp_ros.training.adaptation.request import (
    AdaptationCode,
    AdaptationError,
    AdaptationRequest,
    DEFAULT_SHARE,
)
from mpnp_ros.training.adaptation.watch import LOOKS
from mpnp_ros.training.labelled import Labelled, read_labelled, source_of
from mpnp_ros.training.split import split_by_scene
from mpnp_ros.training.token_cache import TokenCache

SETTLE_S = 0.1    # how long after its stamp a question is asked, as mpnp-train has it
PARTS = 20        # of a drive that is one scene
MOST_HELD_OUT = 500
WATCHED_SHARE = 0.2         # of the scenes that are left to learn from
FEWEST_WATCHED, MOST_WATCHED = 20, 150


def read_samples(request: AdaptationRequest, problems: Problems) -> list[Labelled]:
    """Return the samples of a request's data with the latents of all modalities.

    Raises AdaptationError where there are none or a modality that is to be learned is not there.
    """
    data = Path(request.data).expanduser()
    configuration = _configuration(request)
    cache = TokenCache(Path(request.tokens), configuration, SETTLE_S)
    labelled = read_labelled([data], [], configuration, cache, problems)
    if not labelled:
        raise AdaptationError(
            AdaptationCode.DATA, f'{data} holds nothing that can be learned from: '
            f'{told(problems) or "there is no question"}')
    have = {name for one in labelled for name in one.sample.latents}
    lacking = sorted(set(request.modalities) - have)
    if lacking:
        raise AdaptationError(
            AdaptationCode.MODALITY, f'{", ".join(lacking)} cannot be learned: {data} has '
            f'latents of {", ".join(sorted(have))}, the suite has encoders for '
            f'{", ".join(sorted(configuration.modalities)) or "none (parameter adapt_suite)"}. '
            f'{told(problems)}'.rstrip())
    return labelled


def restricted(labelled: Sequence[Labelled], wanted: Mapping[str, Source]) -> list[Labelled]:
    """Return the samples with the latents of the wanted encoders only; some may have none."""
    found = []
    for one in labelled:
        latents = {name: given for name, given in one.sample.latents.items()
                   if wanted.get(name) == source_of(given)}
        sample = dataclasses.replace(one.sample, latents=latents, needs=tuple(
            name for name in one.sample.needs if name in latents))
        found.append(dataclasses.replace(one, sample=sample))
    return found


def split(labelled: Sequence[Labelled], request: AdaptationRequest
          ) -> tuple[list[Labelled], list[Labelled]]:
    """Return what is learned from and what judges: other scenes, or other parts of one drive.

    Parts are stretches of time: neighbouring moments look alike, so they stay together.
    """
    if len({one.scene for one in labelled}) < 2:
        labelled = _in_parts(labelled)
    if len({one.scene for one in labelled}) < 2:
        raise AdaptationError(
            AdaptationCode.DATA, f'{request.data} has questions about a single moment: there is '
            'nothing to judge what is learned by')
    learned, held_out = split_by_scene(
        labelled, request.held_out_share or DEFAULT_SHARE, request.seed)
    return learned, spread(held_out, MOST_HELD_OUT)


def set_apart(learned: Sequence[Labelled], request: AdaptationRequest
              ) -> tuple[list[Labelled], list[Labelled]]:
    """Return what is still learned from, and what is watched meanwhile: a share of the scenes.

    Nothing is where too few questions with candidates would be, or there are too few steps.
    """
    if len({one.scene for one in learned}) < 2 or 0 < request.max_steps < LOOKS:
        return list(learned), []
    rest, watched = split_by_scene(learned, WATCHED_SHARE, request.seed)
    watched = [one for one in watched if any(
        same_answer(candidate, one.sample.answer) for candidate in one.question.candidates)]
    if len(watched) < FEWEST_WATCHED:
        return list(learned), []
    return rest, spread(watched, MOST_WATCHED)


def spread(labelled: Sequence[Labelled], most: int) -> list[Labelled]:
    """Return so many of the samples at most, evenly spread."""
    count = min(most, len(labelled))
    return [labelled[index * len(labelled) // count] for index in range(count)]


def encode_flops(labelled: Sequence[Labelled]) -> int:
    """Return what encoding took, each moment once."""
    moments = {id(latents): one.encode_flops for one in labelled
               for latents in list(one.sample.latents.values())[:1]}
    return sum(moments.values())


def told(problems: Problems, most: int = 5) -> str:
    """Return what was wrong with the data, in a sentence; '' where nothing was."""
    listed = [f'{one.what} ({one.count} times: {", ".join(one.places)})' for one in problems]
    more = f'; and {len(listed) - most} kinds more' if len(listed) > most else ''
    return '; '.join(listed[:most]) + more


def _configuration(request: AdaptationRequest) -> SuiteConfiguration:
    llm = filled(LlmParameters, request.llm, 'the LLM node')
    if not request.suite:
        return SuiteConfiguration(Path(), {}, ManagerParameters(), llm)
    return dataclasses.replace(read_configuration(Path(request.suite).expanduser()), llm=llm)


def _in_parts(labelled: Sequence[Labelled]) -> list[Labelled]:
    stamps = sorted({one.question.stamp_ns for one in labelled})
    part = {stamp_ns: index * PARTS // len(stamps) for index, stamp_ns in enumerate(stamps)}
    return [dataclasses.replace(
        one, scene=f'{one.scene}, part {part[one.question.stamp_ns]}') for one in labelled]
