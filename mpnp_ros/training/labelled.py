# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Questions whose answers are known, each with the latents of its moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import functools
import hashlib
from pathlib import Path

from mpnp_ros.core.connectors import Source
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.samples import TrainingSample
from mpnp_ros.encoders.base import value_names
from mpnp_ros.evaluation.bags.bag import BagError
from mpnp_ros.evaluation.offline.moment import by_moment, Moment
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.bag_questions import BagQuestions, gather
from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.suite.configuration import SuiteConfiguration
from mpnp_ros.suite.freshness import AgeLimits
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.token_cache import TokenCache
from mpnp_ros.world.progress import ProgressLine

MOMENT = 'moment'


@dataclass(frozen=True)
class Labelled:
    """A question, what is learned from it, and the scene that it belongs to.

    `encode_flops` is what encoding its moment took, once for all its questions.
    """

    question: AskedQuestion
    bag: str
    scene: str
    sample: TrainingSample
    encode_flops: int


def read_labelled(
    bags: Sequence[Path], files: Sequence[Path], configuration: SuiteConfiguration,
    cache: TokenCache, problems: Problems, *, scene: str = '', modalities: Sequence[str] = (),
) -> list[Labelled]:
    """Return what can be learned from bags and their questions; `problems` has the rest.

    Raises BagError where a path holds no bag at all, ValueError for another number of files.
    """
    known = sorted(configuration.modalities)
    gathered = gather(bags, files, known, problems, after_end_s=configuration.llm.max_age_s)
    line = ProgressLine('tokens, moments')
    total = sum(len(by_moment(bag.questions)) for bag in gathered)
    labelled: list[Labelled] = []
    before, have = 0, set[str]()
    for bag in gathered:
        try:
            moments = cache.moments(bag, problems, functools.partial(_show, line, before, total))
        except BagError as error:
            problems.add(f'a bag cannot be read: {error}', bag.name)
            continue
        before += len(moments)
        have.update(name for moment in moments for name in moment.available)
        labelled += _of_bag(bag, moments, configuration, problems, scene, modalities)
    lacking = sorted(set(modalities) - have)
    if have and lacking:
        raise TrainError(f'modalities {", ".join(lacking)} are to be trained: the suite has '
                         f'{", ".join(known)}, the bags have latents of {", ".join(sorted(have))}')
    return labelled


def sources(labelled: Sequence[Labelled], problems: Problems) -> dict[str, Source]:
    """Return by modality the encoder that most latents are from."""
    counts: dict[str, dict[Source, int]] = {}
    for one in labelled:
        for name, latents in one.sample.latents.items():
            source = source_of(latents)
            by_source = counts.setdefault(name, {})
            by_source[source] = by_source.get(source, 0) + 1
    chosen = {}
    for name, found in sorted(counts.items()):
        chosen[name] = max(found, key=found.__getitem__)
        for source in found:
            if source != chosen[name]:
                problems.add(f'{name}: latents of another encoder, {source.encoder_id!r} with '
                             f'weights {source.weights_hash[:12]}, are left out', 'data')
    return chosen


def source_of(latents: Latents) -> Source:
    """Return the encoder that latents are from."""
    return Source(latents.encoder_id, latents.weights_hash, latents.tokens.shape[1])


def names_of(encoders: Mapping[str, Source]) -> dict[str, tuple[str, ...]]:
    """Return by modality what the first values of its encoder's tokens stand for."""
    return {name: value_names(source.encoder_id) for name, source in encoders.items()}


def usable(labelled: Sequence[Labelled], wanted: dict[str, Source], llm: LanguageModel,
           system_prompt: str, unknown_answer: str | None, problems: Problems) -> list[Labelled]:
    """Return what connectors of the wanted encoders and an LLM can learn from."""
    fits: dict[tuple[str, str | None], str] = {}
    kept = []
    for one in labelled:
        latents = {name: given for name, given in one.sample.latents.items()
                   if wanted.get(name) == source_of(given)}
        if not latents:
            problems.add('a question has no latents that the connectors take', one.question.id)
            continue
        if one.sample.needs and not set(one.sample.needs) & latents.keys():
            problems.add('a question has no latents of what it needs '
                         f'({" or ".join(one.sample.needs)})', one.question.id)
            continue
        key = one.sample.question, one.sample.answer
        if key not in fits:
            fits[key] = _trouble(llm, *key, system_prompt, unknown_answer)
        if fits[key]:
            problems.add(fits[key], one.question.id)
            continue
        needs = tuple(name for name in one.sample.needs if name in latents)
        sample = TrainingSample(one.sample.question, one.sample.answer, latents, needs)
        kept.append(Labelled(one.question, one.bag, one.scene, sample, one.encode_flops))
    return kept


def fingerprint(labelled: Sequence[Labelled]) -> str:
    """Return a word that changes with the questions, their answers and what they are seen with."""
    digest = hashlib.sha256()
    for one in labelled:
        digest.update(repr((
            one.question.id, one.question.stamp_ns, one.scene, one.sample.question,
            one.sample.answer, sorted((name, tuple(given.tokens.shape)) for name, given
                                      in one.sample.latents.items()))).encode())
    return digest.hexdigest()[:16]


def _show(line: ProgressLine, before: int, total: int, done: int) -> None:
    line(before + done, total)


def _of_bag(bag: BagQuestions, moments: Sequence[Moment], configuration: SuiteConfiguration,
            problems: Problems, scene: str, modalities: Sequence[str]) -> list[Labelled]:
    limits = AgeLimits(configuration.llm.max_age_s, configuration.llm.future_tolerance_s)
    found = []
    for moment, (stamp_ns, questions) in zip(moments, by_moment(bag.questions)):
        held, note = moment.take_up((), limits)
        latents = {name: one.latents for name, one in held.items()
                   if not modalities or name in modalities}
        flops = sum(moment.available[name].encode_flops for name in latents)
        for question in questions:
            if question.answer is None:
                problems.add('a question has no answer to learn', question.id)
                continue
            if not latents:
                problems.add(f'nothing was sensed at the moment of a question ({note})',
                             question.id)
                continue
            wanted = question.needs or question.needs_any
            needs = tuple(name for name in wanted if name in latents)
            if wanted and not needs:
                problems.add('labels for a sensor that is not there: a question needs '
                             f'{" or ".join(wanted)}', question.id)
                continue
            found.append(Labelled(
                question, bag.name, _scene(bag, question, scene, stamp_ns),
                TrainingSample(question.text, question.answer, latents, needs), flops))
    return found


def _scene(bag: BagQuestions, question: AskedQuestion, kind: str, stamp_ns: int) -> str:
    return f'{bag.name}@{stamp_ns}' if kind == MOMENT else question.scene or bag.name


def _trouble(llm: LanguageModel, question: str, answer: str, system: str,
             unknown: str | None) -> str:
    """Return why an LLM cannot be taught an answer, or ''."""
    try:
        prompt = llm.prompt(question, system)
        longest = max(len(llm.format.answer(text)) for text in (answer, unknown or answer))
    except ValueError as error:
        return f'a question cannot be taught: {error}'
    if llm.max_tokens is not None and len(prompt) + longest > llm.max_tokens:
        return f'a question is longer than the {llm.max_tokens} tokens that {llm.id} takes'
    return ''
