# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The last N blocks of a causal LM, run from states that were computed before.

Latents enter the last N blocks only, so the states entering block L-N depend on the text alone
(mPnP-LLM, section 2.3): they are computed once per text and kept.
"""

from __future__ import annotations

from collections.abc import Mapping
import copy
from typing import Any

import torch
from torch import nn, Tensor
from transformers import PreTrainedModel

from mpnp_ros.core.architecture import Architecture, UnsupportedArchitecture
from mpnp_ros.core.plain_head import PlainHead
from mpnp_ros.core.quantised import QuantisedLinear


class UpperBlocks:
    """Run the blocks below L-N once, and the last N blocks as often as wanted.

    Both are views of the model: they share its weights, its code runs unchanged, and the model
    itself is left as it is. One thread at a time. Raises UnsupportedArchitecture where running in
    two parts does not give bit for bit what one pass gives.
    """

    def __init__(self, model: PreTrainedModel, architecture: Architecture, connected: int) -> None:
        count = len(architecture.blocks)
        if not 1 <= connected <= count:
            raise ValueError(f'{connected} connected blocks: expected 1 to {count}')
        self.start = count - connected
        below, above = architecture.blocks[:self.start], architecture.blocks[self.start:]
        self._restored = [_Restored(block) for block in below]
        self._recorder = _Recorder(above[0])
        self._skipped = [_Skipped(block) for block in above[1:]]
        self._lower = _view(model, {architecture.path: nn.ModuleList(
            [*below, self._recorder, *self._skipped])})
        name, head = _output_head(model)
        self.modules = (*above, head)    # what is run above L-N, as it stands in the model
        self._head = _Head(head)
        self._tail, last = _with_tail(above[-1], architecture.attentions[-1])
        self._upper = _view(model, {
            architecture.path: nn.ModuleList([*self._restored, *above[:-1], last]),
            name: self._head})
        # Where the model does more to logits than its head, None.
        self.plain_head: PlainHead | None = None
        self._verify(model, head)

    def lower(self, input_ids: Tensor, **arguments: Any) -> Tensor:
        """Return the states [B, T, hidden] that enter block L-N for input_ids [B, T].

        `arguments` are the model's own: attention_mask, position_ids, past_key_values, ...
        """
        arguments.setdefault('use_cache', arguments.get('past_key_values') is not None)
        try:
            with torch.no_grad():
                self._lower.base_model(input_ids=input_ids, **arguments)
            states = self._recorder.states
        finally:
            self._recorder.states = None
        if states is None:
            raise RuntimeError('no states reached the connected blocks')
        return states

    def upper(self, states: Tensor, input_ids: Tensor, *, positions: Tensor | None = None,
              keep: int | None = None, raw: bool = False, **arguments: Any) -> Tensor:
        """Return the logits [B, kept, vocabulary] of input_ids [B, T], whose states are given.

        `positions` [B, kept] says where logits are wanted, for each row its own, or `keep` at how
        many of the last tokens, 0 for none: the others give keys and values only. Without both
        the model's own `logits_to_keep` says it. `raw` asks for the states [B, kept, hidden] that
        `plain_head` makes logits of. `arguments` are the model's own, as for `lower`.
        """
        arguments.setdefault('use_cache', arguments.get('past_key_values') is not None)
        for block in self._restored:
            block.states = states
        self._head.positions = self._tail.positions = positions
        self._head.keep = self._tail.keep = keep
        self._head.raw = raw
        try:
            return self._upper(input_ids=input_ids, **arguments).logits
        finally:
            self._head.positions = self._tail.positions = None
            self._head.keep = self._tail.keep = None
            self._head.raw = False
            for block in self._restored:
                block.states = None

    def _verify(self, model: PreTrainedModel, head: nn.Module) -> None:
        ids = torch.tensor([[0, 1]], device=model.device)
        with torch.no_grad():
            whole = model(input_ids=ids, use_cache=False).logits
            try:
                states = self.lower(ids)
                self.lower(ids.flip(1))      # whatever else blocks pass on is now of another text
                parts = self.upper(states, ids)
            except (AttributeError, IndexError, KeyError, TypeError) as error:
                parts, cause = None, f' ({type(error).__name__}: {error})'
            else:
                cause = ''
        if parts is None or not torch.equal(whole, parts):
            raise UnsupportedArchitecture(
                f'{type(model).__name__} cannot be run from the states entering block '
                f'{self.start}: its upper blocks need more from the lower ones than their '
                f'output{cause}')
        self._tail.works = self._agrees(parts[:, -1:], states, ids, keep=1)
        if isinstance(head, nn.Linear | QuantisedLinear) and self._agrees(
                parts, states, ids, head=head, raw=True):
            self.plain_head = PlainHead(head)

    def _agrees(self, expected: Tensor, states: Tensor, ids: Tensor, *,
                head: nn.Module | None = None, **arguments: Any) -> bool:
        """Say whether a shorter way leads to the logits expected."""
        try:
            with torch.no_grad():
                given = self.upper(states, ids, **arguments)
                given = given if head is None else head(given)
        except (AttributeError, IndexError, RuntimeError, TypeError):
            return False
        return given.shape == expected.shape and torch.allclose(
            given, expected, rtol=1e-3, atol=1e-3)


class _StandIn(nn.Module):
    """Take a block's place in a view; whatever else is asked of it, the block answers."""

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self._block = (block,)               # in a tuple, so as not to become a child module
        self.states: Tensor | None = None

    def __getattr__(self, name: str) -> Any:
        try:
            return super().__getattr__(name)
        except AttributeError:
            return getattr(super().__getattribute__('_block')[0], name)


class _Recorder(_StandIn):

    def forward(self, hidden_states: Tensor, *_: Any, **__: Any) -> Tensor:
        self.states = hidden_states
        return hidden_states


class _Skipped(_StandIn):

    def forward(self, hidden_states: Tensor, *_: Any, **__: Any) -> Tensor:
        return hidden_states


class _Restored(_StandIn):

    def forward(self, *_: Any, **__: Any) -> Tensor:
        if self.states is None:
            raise RuntimeError('the upper blocks were run without states')
        return self.states


class _Head(_StandIn):
    """Compute logits at chosen positions only: the head may cost as much as several blocks."""

    positions: Tensor | None = None
    keep: int | None = None
    raw = False

    def forward(self, hidden_states: Tensor) -> Tensor:
        if self.keep is not None:
            hidden_states = _last(hidden_states, self.keep)
        elif self.positions is not None:
            width = hidden_states.shape[-1]
            hidden_states = hidden_states.gather(
                1, self.positions[..., None].expand(-1, -1, width))   # [B, kept, hidden]
        if self.raw:
            return hidden_states
        logits: Tensor = self._block[0](hidden_states)
        return logits


class _Tail(_StandIn):
    """Run what follows the last block's attention at chosen positions only.

    What the others would get is read by nobody: zeros take its place.
    """

    positions: Tensor | None = None
    keep: int | None = None
    works = True

    def forward(self, hidden_states: Tensor) -> Tensor:
        module = self._block[0]
        if self.works and self.keep is not None:
            skipped = hidden_states.shape[1] - self.keep
            return nn.functional.pad(module(_last(hidden_states, self.keep)), (0, 0, skipped, 0))
        if self.works and self.positions is not None:
            return _at(self.positions, hidden_states, module)
        whole: Tensor = module(hidden_states)
        return whole


def _at(positions: Tensor, states: Tensor, module: nn.Module) -> Tensor:
    """Return the module's [B, T, hidden] at positions [B, kept] of states, zeros elsewhere."""
    wanted = torch.zeros(states.shape[:2], dtype=torch.bool, device=states.device)
    # Each once, however often it is named: a gradient must not come back twice.
    rows = wanted.scatter(1, positions, True).flatten().nonzero()[:, 0]
    made = module(states.flatten(0, 1)[rows][None])[0]                # [rows, hidden]
    return made.new_zeros(states.shape).flatten(0, 1).index_copy(0, rows, made).view_as(states)


def _last(states: Tensor, count: int) -> Tensor:
    # Contiguous: torch would multiply the rows of a slice one after the other.
    return states[:, states.shape[1] - count:].contiguous()


def _with_tail(block: nn.Module, attention: nn.Module) -> tuple[_Tail, nn.Module]:
    """Return a stand-in for the largest part of a block beside its attention, and the block."""
    sizes = {name: sum(weights.numel() for weights in part.parameters())
             for name, part in block.named_children()
             if all(inner is not attention for inner in part.modules())}
    if not sizes:
        return _Tail(nn.Identity()), block
    name, twin = max(sizes, key=sizes.__getitem__), _twin(block)
    tail = _Tail(block.get_submodule(name))
    twin._modules[name] = tail
    return tail, twin


def _output_head(model: PreTrainedModel) -> tuple[str, nn.Module]:
    head = model.get_output_embeddings()
    for name, module in model.named_modules():
        if module is head:
            return name, module
    raise UnsupportedArchitecture(f'{type(model).__name__} has no output head over its vocabulary')


def _view(model: PreTrainedModel, replaced: Mapping[str, nn.Module]) -> PreTrainedModel:
    """Return a model that shares everything with the given one but the modules named by path."""
    root: Any = _twin(model)
    for path, replacement in replaced.items():
        *parents, name = path.split('.')
        module = root
        for parent in parents:
            child = _twin(module._modules[parent])
            module._modules[parent] = child
            module = child
        module._modules[name] = replacement
    return root


def _twin(module: nn.Module) -> nn.Module:
    twin = copy.copy(module)
    twin.__dict__['_modules'] = dict(module._modules)
    return twin
