# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""An adaptation from its request to new connectors, kept only if they answer better."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
import dataclasses
import json
import math
import os
from pathlib import Path
import shutil
from typing import Any

from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connector_training import ConnectorTraining
from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.lora import attach_lora, FOLDER as LORA
from mpnp_ros.core.training_config import TrainingConfig
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.training.adaptation.adapted_connectors import ABOUT, sync, unfinished
from mpnp_ros.training.adaptation.alike import alike
from mpnp_ros.training.adaptation.limits import resident_bytes, Spending
from mpnp_ros.training.adaptation.request import (
    AdaptationCode,
    AdaptationError,
    AdaptationRequest,
    DEFAULT_STEPS,
)
from mpnp_ros.training.adaptation.samples import (
    encode_flops,
    read_samples,
    restricted,
    set_apart,
    split,
    told,
)
from mpnp_ros.training.adaptation.verdict import compare
from mpnp_ros.training.adaptation.watch import LOOKS, Watch
from mpnp_ros.training.cost.peak_memory import PeakMemory
from mpnp_ros.training.held_out import judge
from mpnp_ros.training.labelled import Labelled, names_of, sources, usable

SYSTEM_PROMPT, NEW_BLOCKS, NEW_HIDDEN = 'Answer in one word.', 4, 320
_TOGETHER = 4    # questions of a step that are about one moment
_BATCHES = (32, 16, 8, 4)   # the largest that memory allows is taken
_EPOCHS = 20    # at the most, of few samples, where what is watched tells that it is enough
# What has learned already is tuned: at the rates of new connectors a few hundred answers are known
# by heart before what they have in common is learned. Gates are few numbers, which cannot.
_TUNED: dict[str, Any] = {
    'learning_rate': 1e-4, 'relevance_learning_rate': 1e-3, 'gate_learning_rate': 0.06}

Tell = Callable[..., None]


def adapt(request: AdaptationRequest, tell: Tell, began_s: float) -> dict[str, Any]:
    """Learn, judge, and write the new connectors to `request.out` if they answer better.

    Returns the figures of the verdict. `tell` gets events: 'phase', 'step'. Raises
    AdaptationError, ConnectorMismatch, and what reading bags and loading models raises.
    """
    spending, problems = Spending(request, began_s), Problems()
    tell('phase', phase='encoding')
    labelled = read_samples(request, problems)
    llm = LanguageModel.load(request.llm['model'], dtype=request.llm['dtype'],
                             device=request.llm['device'])
    old = _in_use(request, llm)
    new, learning, from_nothing = _to_learn(request, llm, old, labelled, problems)
    known = usable(labelled, _sources(new), llm, new.system_prompt, _unknown(new), problems)
    if not known:
        raise AdaptationError(AdaptationCode.DATA, f'{request.data} holds nothing that can be '
                              f'learned from: {told(problems)}')
    learned, held_out = split(
        [one for one in known if not learning.isdisjoint(one.sample.latents)], request)
    spending.flops += encode_flops(known)
    tell('phase', phase='judging')
    with spending.judging(len(held_out)):
        before = _judge(request, llm, old, restricted(held_out, _sources(old)))
    tell('phase', phase='training')
    training, best_step = _train(request, llm, new, from_nothing, learned, spending, tell)
    tell('phase', phase='judging', step=training.step, steps=training.step,
         seconds_left=spending.seconds_left(0, 0))
    with spending.judging(len(held_out)):
        after = _judge(request, llm, new, held_out)
    verdict = {**compare(before, after), 'steps': training.step, 'best_step': best_step,
               'learned': sorted(learning), 'seconds': spending.seconds,
               'flops': spending.flops, 'problems': told(problems)}
    better = verdict['after'] > verdict['before']
    if better:
        summary = {**training.summary(), 'steps': training.step, 'best_step': best_step,
                   'adapted': True, 'data': Path(request.data).name,
                   'held_out': {key: verdict[key] for key in (
                       'questions', 'before', 'after', 'low', 'high')}}
        new.training_summary |= {name: summary for name in learning}
        _write(request, new, verdict)
    return {**verdict, 'connectors': request.out if better else ''}


def _in_use(request: AdaptationRequest, llm: LanguageModel) -> Connectors:
    if not request.start:
        return Connectors({})
    attach_lora(Path(request.start), llm)     # it stays as it is
    return Connectors.load(request.start, llm)


def _to_learn(request: AdaptationRequest, llm: LanguageModel, old: Connectors,
              labelled: Sequence[Labelled], problems: Problems
              ) -> tuple[Connectors, set[str], set[str]]:
    """Return the connectors to train, the others frozen beside them, and which are learned.

    Those whose encoder is the same go on from where they are; the others begin, like one whose
    tokens mean the same where there is one. The last are those that begin from nothing.
    """
    found = sources(labelled, problems)
    learning = set(request.modalities or found)
    same = Connectors.load(request.start, llm) if request.start else Connectors({})
    goes_on = {name for name in same.modalities
               if name not in learning or _sources(same)[name] == found[name]}
    fresh = {name: found[name] for name in sorted(learning - goes_on)}
    pattern = next((one.config for one in same), None)
    made = Connectors.create(
        llm, fresh, seed=request.seed,
        connected_blocks=pattern.connected_blocks if pattern else min(NEW_BLOCKS, llm.num_blocks),
        hidden=pattern.hidden if pattern else NEW_HIDDEN,
        faithful=bool(pattern and pattern.faithful), blocks=pattern.blocks if pattern else (),
        answer_only=bool(pattern and pattern.answer_only),
        relevance=pattern.relevance if pattern else 0, names=names_of(fresh),
        system_prompt=pattern.system_prompt if pattern else
        request.llm['system_prompt'] or SYSTEM_PROMPT)
    if pattern is not None and pattern.faithful and fresh:
        raise AdaptationError(
            AdaptationCode.CONNECTORS, f'{request.start} follows the paper, where modalities '
            f'share one vector of gates: {", ".join(fresh)} cannot be learned beside them. Train '
            'all together with mpnp-train')
    from_nothing = set()
    for name in fresh:
        if (like := alike(same, made[name].config)) is not None:
            made[name].begin_like(*like)
        else:
            from_nothing.add(name)
    new = Connectors({**{name: same[name] for name in same.modalities if name in goes_on},
                      **{name: made[name] for name in fresh}},
                     {name: same.training_summary.get(name, {}) for name in goes_on}).to(
        llm.device).eval()
    for one in new:
        one.requires_grad_(one.config.modality in learning)
    return new, learning, from_nothing


def _train(request: AdaptationRequest, llm: LanguageModel, new: Connectors,
           from_nothing: Collection[str], learned: Sequence[Labelled], spending: Spending,
           tell: Tell) -> tuple[ConnectorTraining, int]:
    """Leave the connectors as they were at their best; return the training and that step.

    Where there is enough to watch that is not learned from, it tells; else the last step is it.
    """
    if not learned:
        raise AdaptationError(AdaptationCode.DATA, f'{request.data}: nothing is left to learn '
                              'from once a share is held out')
    learned, watched = set_apart(learned, request)
    training = _fitting(request, llm, new, from_nothing, learned)
    watch = Watch(llm, new, watched) if watched else None
    spending.probe(training.gradients)
    if watch is not None:
        # One more than there are: the first takes longer, texts are kept from then on.
        spending.expect_looks(LOOKS + 2, len(watched))
        if spending.steps(0) < LOOKS:
            watch, spending.looks_left = None, 0
    if watch is not None:
        if not request.max_steps:
            spending.most_steps = min(spending.most_steps, max(
                LOOKS, math.ceil(_EPOCHS * len(learned) / training.config.batch)))
        with spending.looking():
            watch.likelihood()
        _look(watch, training, spending)
    spending.require_a_step()
    while True:
        # What a step takes shows as they are done; rates follow, as their cycle is planned anew.
        training.config = dataclasses.replace(
            training.config, steps=max(spending.steps(training.step), 1))
        _look(watch, training, spending)
        if watch is not None and (watch.settled or training.finished):
            watch.take_best()
            spending.looks_left = 0
            return training, watch.best_step
        if training.finished:
            return training, training.step
        with spending.stepping(training.step):
            training.advance()
        steps = max(spending.steps(training.step), training.step)
        tell('step', step=training.step, steps=steps, loss=training.means.loss,
             accuracy=training.means.accuracy,
             seconds_left=spending.seconds_left(training.step, steps))


def _look(watch: Watch | None, training: ConnectorTraining, spending: Spending) -> None:
    if watch is not None and watch.due(training.step, training.config.steps):
        with spending.looking():
            watch.look(training.step)
        spending.looks_left = watch.left(training.config.steps)


def _fitting(request: AdaptationRequest, llm: LanguageModel, new: Connectors,
             from_nothing: Collection[str], learned: Sequence[Labelled]) -> ConnectorTraining:
    """Return the training with the largest batches that memory allows, as far as measured."""
    samples = [one.sample for one in learned]
    needed = 0.0
    begins = {name: value.clone() for name, value in new.state_dict().items()}
    for batch in _BATCHES:
        # A training changes what begins from nothing as soon as it is made.
        new.load_state_dict(begins)
        training = ConnectorTraining(llm, new, samples, TrainingConfig(
            steps=request.max_steps or DEFAULT_STEPS, batch=batch, seed=request.seed,
            unknown_answer=_unknown(new), together=_TOGETHER,
            **({} if from_nothing else _TUNED)), fresh=from_nothing)
        if not request.max_bytes:
            return training
        with PeakMemory() as memory:
            training.gradients()
        needed = resident_bytes() + memory.peak_bytes
        if needed <= request.max_bytes:
            return training
        del training
    raise AdaptationError(
        AdaptationCode.LIMIT, f'max_bytes ({request.max_bytes / 2 ** 20:.0f} MiB) does not allow '
        f'a step of {_BATCHES[-1]} questions, which needs {needed / 2 ** 20:.0f} MiB')


def _judge(request: AdaptationRequest, llm: LanguageModel, connectors: Connectors,
           held_out: Sequence[Labelled]) -> list[Any]:
    return judge(Answerer(llm, connectors), held_out, max_new_tokens=request.llm['max_tokens'])


def _write(request: AdaptationRequest, new: Connectors, verdict: dict[str, Any]) -> None:
    """Write the connectors as a whole; what fails leaves nothing."""
    out, start = Path(request.out), Path(request.start)
    part = unfinished(out)
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        new.save(part)
        if request.start and (start / LORA).is_dir():
            shutil.copytree(start / LORA, part / LORA)
        before = start.name if request.start and start.parent == out.parent else ''
        (part / ABOUT).write_text(json.dumps(
            {**verdict, 'before': before, 'accuracy': [verdict['before'], verdict['after']],
             'request': dataclasses.asdict(request)}, indent=1) + '\n', encoding='utf-8')
        sync(part)
        os.rename(part, out)
        sync(out.parent)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _sources(connectors: Connectors) -> dict[str, Source]:
    return {one.config.modality: Source(
        one.config.encoder_id, one.config.encoder_weights_hash, one.config.width)
        for one in connectors}


def _unknown(connectors: Connectors) -> str | None:
    """Return what the connectors were taught to answer where the sensor for it is missing."""
    for summary in connectors.training_summary.values():
        answer = summary.get('unknown_answer')
        if isinstance(answer, str):
            return answer
    return None
