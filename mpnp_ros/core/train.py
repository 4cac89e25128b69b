# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Training of connectors: the LLM stays frozen, gradients pass through its last N blocks only."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
import math
import time
from typing import Any

import torch
from torch import nn, Tensor

from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.samples import check_samples, gather_tokens, TrainingSample
from mpnp_ros.core.text_states import Text, TextBatch, TextStates
from mpnp_ros.core.upper import UpperBlocks

# Called with step, steps, loss, accuracy (both running means) and the seconds left.
Progress = Callable[[int, int, float, float, float], None]


class TrainingDiverged(RuntimeError):
    """Report a loss that is no number any more; the text names the step."""


@dataclass(frozen=True)
class TrainingConfig:
    """Say how connectors are trained.

    Rates rise and fall along one cycle whose peaks are `learning_rate` for aligners and
    `gate_learning_rate` for gates. In each step a sample loses each of its modalities with
    probability `drop`, but keeps one, so that one set of connectors serves every subset.
    `unknown_answer` is what to answer while no modality that a sample needs takes part.
    `precision` is 'float32', 'bfloat16' (the LLM's matrix products in bf16) or 'auto': bfloat16
    where the processor has instructions for it. Raises ValueError for a value out of range.
    """

    steps: int = 500
    batch: int = 64
    learning_rate: float = 1e-3
    gate_learning_rate: float = 1e-2
    weight_decay: float = 1e-2
    warm_up: float = 0.15
    clip: float = 1.0
    drop: float = 0.3
    unknown_answer: str | None = None
    precision: str = 'auto'
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ('steps', 'batch'):
            if getattr(self, name) < 1:
                raise ValueError(f'{name} is {getattr(self, name)}, expected at least 1')
        for name in ('learning_rate', 'gate_learning_rate', 'clip'):
            if not (getattr(self, name) > 0.0 and math.isfinite(getattr(self, name))):
                raise ValueError(f'{name} is {getattr(self, name)}, expected more than 0')
        for name in ('drop', 'warm_up'):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise ValueError(f'{name} is {getattr(self, name)}, expected 0 to less than 1')
        if self.weight_decay < 0.0:
            raise ValueError(f'weight_decay is {self.weight_decay}, expected 0 or more')
        if self.precision not in _PRECISIONS:
            raise ValueError(
                f'precision {self.precision!r}: expected one of {sorted(_PRECISIONS)}')


_PRECISIONS = ('auto', 'float32', 'bfloat16')


def train_connectors(llm: LanguageModel, connectors: Connectors,
                     samples: Sequence[TrainingSample], config: TrainingConfig, *,
                     progress: Progress | None = None) -> dict[str, Any]:
    """Train connectors on samples and return a summary, which is saved along with them.

    The loss is the cross-entropy of the answer's tokens and the token that ends it. Parameters
    that do not require a gradient stay as they are. The same seed, samples and machine give the
    same connectors. Raises ConnectorMismatch for latents that do not fit, ValueError for samples
    that cannot be used, TrainingDiverged where the loss is no number.
    """
    check_samples(connectors, samples)
    bare = next((sample for sample in samples if not sample.latents), None)
    if bare is not None:
        raise ValueError(f'sample {bare.question!r} has no latents to learn from')
    began = time.perf_counter()
    blocks = UpperBlocks(llm.model, llm.attention.architecture, connectors.connected_blocks)
    texts = _Texts(llm, connectors.system_prompt, config.unknown_answer)
    states = TextStates(llm, blocks, texts.all_of(samples))
    draws = _Draws(samples, config)
    optimiser, rates = _optimiser(connectors, config)
    trained = [parameter for group in optimiser.param_groups for parameter in group['params']]
    means = _RunningMeans()
    reduced = uses_bfloat16(config.precision, llm.device)
    connectors.train()
    try:
        for step in range(1, config.steps + 1):
            chosen, attached = draws.next()
            batch = states.batch([texts.of(sample, names)
                                  for sample, names in zip(chosen, attached)])
            with torch.autocast(llm.device.type, torch.bfloat16, enabled=reduced):
                slots = connectors.fuse(gather_tokens(chosen, attached, llm.device))
                with llm.attention.attached(slots):
                    logits = blocks.upper(batch.states, batch.ids, positions=batch.positions)
            loss, accuracy = _judge(logits, batch)
            value = float(loss.detach())
            if not math.isfinite(value):
                raise TrainingDiverged(
                    f'step {step} of {config.steps}: the loss is {value}; choose smaller '
                    'learning rates')
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(trained, config.clip)
            optimiser.step()
            rates.step()
            means.add(value, accuracy)
            if progress is not None:
                left_s = (time.perf_counter() - began) / step * (config.steps - step)
                progress(step, config.steps, means.loss, means.accuracy, left_s)
    finally:
        connectors.eval()
    summary = {**asdict(config), 'samples': len(samples), 'loss': means.loss,
               'accuracy': means.accuracy, 'seconds': time.perf_counter() - began}
    for modality in connectors.modalities:
        connectors.training_summary[modality] = dict(summary)
    return summary


class _Texts:
    """Turn a sample under a set of attached modalities into token ids."""

    def __init__(self, llm: LanguageModel, system_prompt: str, unknown: str | None) -> None:
        self._llm, self._system, self._unknown = llm, system_prompt, unknown
        self._prompts: dict[str, tuple[int, ...]] = {}
        self._answers: dict[str, tuple[int, ...]] = {}

    def of(self, sample: TrainingSample, attached: Collection[str]) -> Text:
        answer = sample.answer_under(attached, self._unknown)
        if sample.question not in self._prompts:
            self._prompts[sample.question] = tuple(
                self._llm.prompt(sample.question, self._system))
        if answer not in self._answers:
            self._answers[answer] = tuple(self._llm.format.answer(answer))
        return Text(self._prompts[sample.question], self._answers[answer])

    def all_of(self, samples: Sequence[TrainingSample]) -> Iterator[Text]:
        for sample in samples:
            yield self.of(sample, sample.latents.keys())
            yield self.of(sample, ())


class _Draws:
    """Draw samples without replacement, again and again, and the modalities that each keeps."""

    def __init__(self, samples: Sequence[TrainingSample], config: TrainingConfig) -> None:
        self._samples, self._size, self._drop = samples, config.batch, config.drop
        self._generator = torch.Generator().manual_seed(config.seed)
        self._order: list[int] = []

    def next(self) -> tuple[list[TrainingSample], list[list[str]]]:
        while len(self._order) < self._size:
            self._order += torch.randperm(
                len(self._samples), generator=self._generator).tolist()
        drawn, self._order = self._order[:self._size], self._order[self._size:]
        chosen = [self._samples[index] for index in drawn]
        return chosen, [self._kept(sorted(sample.latents)) for sample in chosen]

    def _kept(self, modalities: list[str]) -> list[str]:
        chances = torch.rand(len(modalities), generator=self._generator)
        kept = [name for name, chance in zip(modalities, chances) if chance >= self._drop]
        # With nothing attached the frozen LLM is all there is, and nothing can be learned.
        return kept or [modalities[int(chances.argmax())]]


class _RunningMeans:
    """Hold the loss and the accuracy of the last steps, recent ones weighing more."""

    def __init__(self, memory: float = 0.95) -> None:
        self._memory, self._weight = memory, 0.0
        self.loss = self.accuracy = 0.0

    def add(self, loss: float, accuracy: float) -> None:
        self._weight = self._memory * self._weight + 1.0
        self.loss += (loss - self.loss) / self._weight
        self.accuracy += (accuracy - self.accuracy) / self._weight


def uses_bfloat16(precision: str, device: torch.device) -> bool:
    """Say whether matrix products are computed in bf16 under a precision of TrainingConfig."""
    if precision != 'auto':
        return precision == 'bfloat16'
    if device.type == 'cuda':
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == 'cpu' and bool(torch.cpu._is_avx512_bf16_supported())


def _judge(logits: Tensor, batch: TextBatch) -> tuple[Tensor, float]:
    """Return the mean loss per answer, and the share of answers whose every token is right."""
    logits = logits.float()                                            # [B, K, vocabulary]
    losses = nn.functional.cross_entropy(
        logits.flatten(0, 1), batch.targets.flatten(), reduction='none').view(batch.counts.shape)
    right = (logits.argmax(-1) == batch.targets) | ~batch.counts
    count = batch.counts.sum()
    return (losses * batch.counts).sum() / count, float(right.all(-1).float().mean())


def _optimiser(connectors: Connectors,
               config: TrainingConfig) -> tuple[torch.optim.AdamW, Any]:
    gates = {parameter for connector in connectors for parameter in connector.gate.parameters()}
    groups = [
        {'params': [parameter for parameter in connectors.parameters()
                    if parameter.requires_grad and (parameter in gates) == gated],
         'lr': rate, 'weight_decay': 0.0 if gated else config.weight_decay}
        for gated, rate in ((False, config.learning_rate), (True, config.gate_learning_rate))]
    groups = [group for group in groups if group['params']]
    if not groups:
        raise ValueError('no parameter of the connectors requires a gradient')
    optimiser = torch.optim.AdamW(groups)
    rates = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: one_cycle(step, config.steps, config.warm_up))
    return optimiser, rates


def one_cycle(step: int, steps: int, warm_up: float) -> float:
    """Return the share of its peak that a rate has: up linearly, down along half a cosine."""
    rising = warm_up * steps
    if step < rising:
        return (step + 1) / (rising + 1)
    return 0.5 * (1.0 + math.cos(math.pi * (step - rising) / max(steps - rising, 1.0)))
