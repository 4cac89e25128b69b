# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A training of connectors, step by step: put aside and taken up again, in several processes.

The LLM stays frozen, gradients pass through its last N blocks only (mPnP-LLM, section 2.3).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
import math
import time
from typing import Any

import torch
from torch import nn, Tensor

from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.draws import draws_of
from mpnp_ros.core.followers import Followers
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.lora import Lora
from mpnp_ros.core.named_values import name_values
from mpnp_ros.core.processes import add_gradients, OneProcess, Processes
from mpnp_ros.core.reduced_weights import ReducedWeights
from mpnp_ros.core.relevance import question_words
from mpnp_ros.core.samples import check_samples, gather_tokens, TrainingSample
from mpnp_ros.core.text_states import late_tokens, TextBatch, TextStates
from mpnp_ros.core.training_config import one_cycle, TrainingConfig, TrainingDiverged
from mpnp_ros.core.training_texts import TrainingTexts
from mpnp_ros.core.upper import UpperBlocks
from mpnp_ros.core.whitened_keys import query_moments, whiten_keys
from mpnp_ros.core.whitened_questions import whiten_questions

_MEASURED = 4   # batches whose queries are looked at
_TIMED = 2   # passes of each precision that are measured, behind one that is not


@dataclass(frozen=True)
class TrainingState:
    """All that a training goes on from: tensors, and numbers that are ready for JSON."""

    tensors: dict[str, Tensor]
    numbers: dict[str, Any]


class ConnectorTraining:
    """Train connectors, and LoRA beside them if there is any, on samples.

    The loss is the cross-entropy of the answers' tokens and the tokens that end them. Parameters
    that do not require a gradient stay as they are. The same seed, samples, machine and number of
    processes give the same connectors; each process works on its share of every batch. `reduced`
    says whether matrix products are in bf16, None leaves that to the configuration. `fresh` names
    the modalities whose connectors have learned nothing yet (for `whiten_keys`). `states` holds
    all texts of the samples, where several trainings share them. Raises
    ConnectorMismatch for latents that do not fit and ValueError for samples that cannot be used.
    """

    def __init__(self, llm: LanguageModel, connectors: Connectors,
                 samples: Sequence[TrainingSample], config: TrainingConfig, *,
                 lora: Lora | None = None, processes: Processes | None = None,
                 reduced: bool | None = None, fresh: Collection[str] = (),
                 states: TextStates | None = None) -> None:
        check_samples(connectors, samples)
        bare = next((sample for sample in samples if not sample.latents), None)
        if bare is not None:
            raise ValueError(f'sample {bare.question!r} has no latents to learn from')
        self._processes = processes or OneProcess()
        if config.batch < self._processes.size:
            raise ValueError(f'a batch of {config.batch} for {self._processes.size} processes: '
                             'expected at least one sample for each')
        self.config, self.connectors, self.lora = config, connectors, lora
        self._llm, self._samples = llm, samples
        self._blocks = UpperBlocks(
            llm.model, llm.attention.architecture, connectors.connected_blocks)
        self._frozen = ReducedWeights(self._blocks.modules)
        self._texts = TrainingTexts(llm, connectors.system_prompt, config.unknown_answer)
        self._states = states or TextStates(
            llm, self._blocks, self._texts.all_of(samples), fixed=lora is None,
            late=late_tokens(llm, connectors))
        self._draws = draws_of(samples, config)
        self._words = self._words_of_questions() if connectors.relevance else {}
        self._followers = self._followed(fresh)
        self._groups = _groups(connectors, lora, config, self._followers.trained)
        self._optimiser = torch.optim.AdamW(
            [{key: list(value.values()) if key == 'params' else value
              for key, value in group.items()} for group in self._groups])
        self._named = {name: parameter for group in self._groups
                       for name, parameter in group['params'].items()}
        self.step, self.seconds, self.means = 0, 0.0, RunningMeans()
        self.reduced = self._choose_precision() if reduced is None else reduced
        if not self.reduced:
            self._frozen = ReducedWeights(())    # the choice may have made copies

    @property
    def finished(self) -> bool:
        """Say whether all steps are done."""
        return self.step >= self.config.steps

    def advance(self) -> None:
        """Do the next step; raises TrainingDiverged where the loss is no number."""
        began = time.perf_counter()
        chosen, attached = self._draws.next()
        loss, share = self._pass(chosen, attached, self.reduced)
        if not math.isfinite(share.loss):
            raise TrainingDiverged(
                f'step {self.step + 1} of {self.config.steps}: the loss is {share.loss}; choose '
                'smaller learning rates')
        for group, given in zip(self._optimiser.param_groups, self._groups):
            group['lr'] = given['lr'] * one_cycle(
                self.step, self.config.steps, self.config.warm_up)
        trained = list(self._named.values())
        self._optimiser.zero_grad(set_to_none=True)
        self._backward(loss)
        add_gradients(trained, self._processes)
        nn.utils.clip_grad_norm_(trained, self.config.clip)
        self._optimiser.step()
        self._followers.push()
        self.means.add(share.loss, share.accuracy)
        self.step += 1
        self.seconds += time.perf_counter() - began

    def gradients(self, batches: int = 1) -> dict[str, Tensor]:
        """Return the mean gradients of the first batches by parameter; nothing is changed."""
        draws = draws_of(self._samples, self.config, mixed=True)
        for _ in range(batches):
            loss, _ = self._pass(*draws.next(), self.reduced)
            self._backward(loss / batches)
        found = {name: parameter.grad for name, parameter in self._named.items()
                 if parameter.grad is not None}
        self._optimiser.zero_grad(set_to_none=True)
        return found

    def first_prompts(self) -> int:
        """Return how many different prompts the first batch has."""
        chosen, attached = draws_of(self._samples, self.config, mixed=True).next()
        return len({self._texts.of(*pair).prompt for pair in zip(chosen, attached)})

    def summary(self) -> dict[str, Any]:
        """Return what is saved along with the connectors, ready for JSON."""
        return {**asdict(self.config), 'samples': len(self._samples), 'loss': self.means.loss,
                'accuracy': self.means.accuracy, 'seconds': self.seconds,
                'computed_in': 'bfloat16' if self.reduced else 'float32'}

    def state(self) -> TrainingState:
        """Return what the training goes on from; raises TrainingDiverged for a bad weight."""
        for name, parameter in self._named.items():
            if not bool(torch.isfinite(parameter).all()):
                raise TrainingDiverged(f'after step {self.step}: {name} holds NaN or infinity; '
                                       'choose smaller learning rates')
        tensors = {f'weights.{name}': value
                   for name, value in self.connectors.state_dict().items()}
        if self.lora is not None:
            tensors |= {f'lora.{name}': value
                        for name, value in self.lora.named_parameters().items()}
        for name, parameter in self._named.items():
            tensors |= {f'optimiser.{name}.{key}': value
                        for key, value in self._optimiser.state.get(parameter, {}).items()}
        tensors |= {f'draws.{name}': value for name, value in self._draws.state().items()}
        tensors |= {f'keys.{name}': value for name, value in self._followers.trained.items()}
        return TrainingState(
            {name: value.detach().cpu().clone() for name, value in tensors.items()},
            {'step': self.step, 'seconds': self.seconds, 'means': self.means.state(),
             'reduced': self.reduced})

    def restore(self, state: TrainingState) -> None:
        """Go on from a state of a training of the same configuration on the same samples."""
        tensors, numbers = state.tensors, state.numbers
        self.connectors.load_state_dict(_below(tensors, 'weights.'))
        _fill(self._followers.trained, _below(tensors, 'keys.'))
        self._followers.require_agreement()
        if self.lora is not None:
            _fill(self.lora.named_parameters(), _below(tensors, 'lora.'))
        for name, parameter in self._named.items():
            kept = _below(tensors, f'optimiser.{name}.')
            if kept:
                # The count of steps stays on the processor, as AdamW has it.
                self._optimiser.state[parameter] = {
                    key: value if key == 'step' else value.to(parameter.device)
                    for key, value in kept.items()}
        self._draws.restore(_below(tensors, 'draws.'))
        self.step, self.seconds = numbers['step'], numbers['seconds']
        self.means.restore(numbers['means'])
        self.reduced = numbers['reduced']

    def _pass(self, chosen: Sequence[TrainingSample], attached: Sequence[Sequence[str]],
              reduced: bool) -> tuple[Tensor, _Share]:
        """Return this process's part of the loss, and the loss and accuracy of all."""
        own = slice(self._processes.rank, None, self._processes.size)
        device = self._llm.device
        texts = [self._texts.of(sample, names)
                 for sample, names in zip(chosen[own], attached[own])]
        batch = self._states.batch(texts)
        words = torch.stack([self._words[text.prompt] for text in texts]) if self._words else None
        self._set_training(True)
        try:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(hash((self.config.seed, self.step, self._processes.rank)))
                with torch.autocast(device.type, torch.bfloat16, enabled=reduced), \
                        self._frozen.attached(reduced):
                    slots = self.connectors.fuse(
                        gather_tokens(chosen[own], attached[own], device), words)
                    logits = batch.logits(self._blocks, self._llm.attention, slots)
            losses, right = _judge(logits, batch)
        finally:
            self._set_training(False)
        total, count, hits, rows = self._processes.total(torch.stack([
            losses.detach().sum(), batch.counts.sum(), right.sum(),
            torch.tensor(len(right), device=device)]).double()).tolist()
        return losses.sum() / count, _Share(total / count, hits / rows)

    def _backward(self, loss: Tensor) -> None:
        loss.backward()
        self._followers.pull()

    def _words_of_questions(self) -> dict[tuple[int, ...], Tensor]:
        """Return the words of each prompt."""
        prompts = sorted({self._texts.of(sample, ()).prompt for sample in self._samples})
        return dict(zip(prompts, question_words(
            self._llm.model.get_input_embeddings(), prompts, self._llm.format.lead,
            self._llm.device)))

    def _followed(self, fresh: Collection[str]) -> Followers:
        """Return what is trained in other coordinates than those it is used in."""
        followers = Followers()
        if self.config.whiten_keys:
            whiten_keys(followers, self.connectors, self._moments(), fresh)
        if self._words:
            words = torch.stack(list(self._words.values()))
            whiten_questions(followers, self.connectors, words, fresh)
            asked = {self._texts.of(sample, ()).prompt: sample.question
                     for sample in self._samples}
            name_values(self.connectors, [asked[prompt] for prompt in self._words], words, fresh)
        return followers

    def _moments(self) -> Tensor:
        """Return the second moments of the queries that keys meet, over texts of some samples."""
        draws = draws_of(self._samples, self.config, mixed=True)
        seen: list[tuple[nn.Module, Tensor, Tensor]] = []
        for _ in range(_MEASURED):
            batch = self._states.batch([self._texts.of(sample, names)
                                        for sample, names in zip(*draws.next())])
            places = torch.arange(batch.ids.shape[1], device=batch.ids.device)
            # What all texts begin with says nothing, and padding follows the last position.
            counts = (places >= self._states.shared) & (
                places <= batch.positions.amax(1, keepdim=True))
            with torch.no_grad(), self._llm.attention.watched() as queries:
                batch.logits(self._blocks, self._llm.attention, None)
            # The last ones of each: beginnings, if they are run at all, come first.
            seen += [(module, query, counts) for module, query in dict(queries).items()]
        return query_moments(self._llm.attention, seen, self.connectors.connected_blocks)

    def _set_training(self, mode: bool) -> None:
        self.connectors.train(mode)
        if self.lora is not None:
            self.lora.train(mode)

    def _choose_precision(self) -> bool:
        """Say whether to compute in bf16: as asked, or whichever of the two is faster here."""
        if self.config.precision != 'auto':
            return self.config.precision == 'bfloat16'
        if not _has_bfloat16(self._llm.device):
            return False
        chosen, attached = draws_of(self._samples, self.config, mixed=True).next()
        exact, reduced = (self._time(chosen, attached, kind) for kind in (False, True))
        # All processes have to agree, so the sum of their times decides.
        times = self._processes.total(torch.tensor([exact, reduced], device=self._llm.device))
        return bool(times[1] < times[0])

    def _time(self, chosen: Sequence[TrainingSample], attached: Sequence[Sequence[str]],
              reduced: bool) -> float:
        took = []
        for _ in range(1 + _TIMED):
            began = time.perf_counter()
            loss, _ = self._pass(chosen, attached, reduced)
            self._backward(loss)
            if self._llm.device.type == 'cuda':
                torch.cuda.synchronize()
            took.append(time.perf_counter() - began)
            self._optimiser.zero_grad(set_to_none=True)
        return min(took[1:])


@dataclass(frozen=True)
class _Share:
    loss: float
    accuracy: float


class RunningMeans:
    """Hold the loss and the accuracy of the last steps, recent ones weighing more."""

    def __init__(self, memory: float = 0.95) -> None:
        self._memory, self._weight = memory, 0.0
        self.loss = self.accuracy = 0.0

    def add(self, loss: float, accuracy: float) -> None:
        """Take in those of one more step."""
        self._weight = self._memory * self._weight + 1.0
        self.loss += (loss - self.loss) / self._weight
        self.accuracy += (accuracy - self.accuracy) / self._weight

    def state(self) -> list[float]:
        """Return what `restore` takes."""
        return [self._weight, self.loss, self.accuracy]

    def restore(self, state: Sequence[float]) -> None:
        """Go on from where a state was taken."""
        self._weight, self.loss, self.accuracy = state


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == 'cuda':
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == 'cpu' and bool(torch.cpu._is_avx512_bf16_supported())


def _judge(logits: Tensor, batch: TextBatch) -> tuple[Tensor, Tensor]:
    """Return the loss [B, K] of each token, 0 for padding, and whether answers [B] are right."""
    logits = logits.float()                                            # [B, K, vocabulary]
    losses = nn.functional.cross_entropy(
        logits.flatten(0, 1), batch.targets.flatten(), reduction='none').view(batch.counts.shape)
    right = (logits.argmax(-1) == batch.targets) | ~batch.counts
    return losses * batch.counts, right.all(-1)


def _groups(connectors: Connectors, lora: Lora | None, config: TrainingConfig,
            instead: Mapping[str, nn.Parameter]) -> list[dict[str, Any]]:
    """Return the parameters to train by name, with the peaks of their rates.

    :param instead: what is trained in place of the connectors' own parameters of these names.
    """
    gates = {id(parameter) for connector in connectors
             for parameter in connector.gate.parameters()}
    questions = {id(parameter) for connector in connectors if connector.relevance is not None
                 for parameter in connector.relevance.parameters()}
    rest = {id(parameter) for parameter in connectors.parameters()} - gates - questions
    groups: list[dict[str, Any]] = [
        {'params': {name: instead.get(name, parameter)
                    for name, parameter in connectors.named_parameters()
                    if parameter.requires_grad and id(parameter) in members},
         'lr': rate, 'weight_decay': decay}
        for members, rate, decay in (
            (rest, config.learning_rate, config.weight_decay),
            (questions, config.relevance_learning_rate, config.weight_decay),
            (gates, config.gate_learning_rate, 0.0))]
    if lora is not None:
        groups.append({'params': {f'lora.{name}': parameter for name, parameter
                                  in lora.named_parameters().items()},
                       'lr': config.lora_learning_rate, 'weight_decay': config.weight_decay})
    groups = [group for group in groups if group['params']]
    if not groups:
        raise ValueError('no parameter of the connectors requires a gradient')
    return groups


@torch.no_grad()
def _fill(parameters: Mapping[str, nn.Parameter], values: Mapping[str, Tensor]) -> None:
    for name, parameter in parameters.items():
        parameter.copy_(values[name])


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items()
            if name.startswith(prefix)}
