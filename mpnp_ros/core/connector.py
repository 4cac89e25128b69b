# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Connector of one modality: aligner and gates, from latent tokens to key/value slots."""

from __future__ import annotations

from dataclasses import dataclass, fields
import re
from typing import Any

import torch
from torch import nn, Tensor

from mpnp_ros.core.aligner import Aligner, SharedAligner
from mpnp_ros.core.attention import BlockSlots
from mpnp_ros.core.gate import Gate, ScalingGate
from mpnp_ros.core.relevance import Relevance

_MODALITY = re.compile(r'[A-Za-z][A-Za-z0-9_]*')


def is_modality(name: str) -> bool:
    """Tell whether a name may be that of a modality; then it names no path but a plain file."""
    return _MODALITY.fullmatch(name) is not None


@dataclass(frozen=True)
class ConnectorConfig:
    """Say what a connector connects; all of it is written into the connector's file.

    The connector takes tokens of `width` from the encoder to the last `connected_blocks` of the
    LLM's `llm_blocks`, whose attention has `num_kv_heads` key/value heads of `head_dim`, or to
    those that `blocks` names, counted from 0, the lowest first. `faithful` selects the paper's
    arithmetic; `hidden` is the aligner's width otherwise. `system_prompt` is the one it was
    trained with. With `answer_only`, what is asked does not look at the sensor, only what follows
    the question does. With `relevance`, the words of the question, whose embeddings in the LLM are
    `words` wide, say in so many dimensions which tokens it is about (`Relevance`); `names` are
    those of the tokens' first values, '' for one without (`named_values`). Raises ValueError for a
    value out of range.
    """

    modality: str
    encoder_id: str
    encoder_weights_hash: str
    llm_id: str
    llm_weights_hash: str
    width: int
    connected_blocks: int
    llm_blocks: int
    num_kv_heads: int
    head_dim: int
    hidden: int = 512
    faithful: bool = False
    system_prompt: str = ''
    blocks: tuple[int, ...] = ()
    answer_only: bool = False
    relevance: int = 0
    words: int = 0
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in fields(self):
            value: Any = getattr(self, field.name)
            if type(value).__name__ != str(field.type).partition('[')[0]:
                raise ValueError(
                    f'{field.name} is {value!r}, expected a value of type {field.type}')
            least = 0 if field.name in ('relevance', 'words') else 1
            if field.type == 'int' and value < least:
                raise ValueError(f'{field.name} is {value}, expected at least {least}')
        if not is_modality(self.modality):
            raise ValueError(
                f'modality {self.modality!r}: expected letters, digits and underscores, the first '
                'a letter')
        if self.connected_blocks > self.llm_blocks:
            raise ValueError(
                f'{self.connected_blocks} connected blocks: the LLM has {self.llm_blocks}')
        known = range(self.llm_blocks)
        if list(self.blocks) != [block for block in known if block in self.blocks]:
            raise ValueError(
                f'blocks {list(self.blocks)}: expected distinct ones from 0 to '
                f'{self.llm_blocks - 1}, the lowest first')
        if self.blocks and len(self.blocks) != self.connected_blocks:
            raise ValueError(f'{len(self.blocks)} blocks are named, {self.connected_blocks} are '
                             'connected')
        if len(self.names) > self.width or (self.names and not self.relevance):
            raise ValueError(f'{len(self.names)} values have names: tokens are {self.width} wide, '
                             f'relevance is {self.relevance}')
        if self.relevance and (self.faithful or not self.answer_only or not self.words):
            raise ValueError(
                f'relevance is {self.relevance}: it needs answer_only, as a question that looks '
                'at a sensor cannot say beforehand what it is about, the width of its words, and '
                "another arithmetic than the paper's")

    @property
    def places(self) -> tuple[int, ...]:
        """Return the connected blocks, counted from 0, the lowest first."""
        first = self.llm_blocks - self.connected_blocks
        return self.blocks or tuple(range(first, self.llm_blocks))

    @property
    def reach(self) -> int:
        """Return how many of the last blocks run for each sensor reading."""
        return self.llm_blocks - self.places[0]


class Connector(nn.Module):
    """Turn the latent tokens of one modality into slots of the connected blocks.

    The default adds the gates' logarithms to the slots' attention logits, and how relevant each
    is for a question if it was trained to say that. `config.faithful`
    follows the paper: keys and values scaled by the gates, and no mask.
    """

    def __init__(self, config: ConnectorConfig) -> None:
        super().__init__()
        self.config = config
        sizes = (config.connected_blocks, config.num_kv_heads, config.head_dim)
        self.aligner: Aligner | SharedAligner
        self.gate: Gate | ScalingGate
        if config.faithful:
            self.aligner = SharedAligner(config.width, *sizes)
            self.gate = ScalingGate(config.connected_blocks)
        else:
            self.aligner = Aligner(config.width, config.hidden, *sizes)
            self.gate = Gate(config.connected_blocks)
        self.relevance = Relevance(
            config.words, config.hidden, config.connected_blocks,
            config.relevance, len(config.names)) if config.relevance else None

    def forward(self, tokens: Tensor, azimuth: Tensor, view: Tensor) -> list[BlockSlots]:
        """Return slots per connected block, lowest first.

        tokens [B, T, W], azimuth [B, T] rad with NaN for none, view [B, T] int64; the slots' key
        and value are [B, kv_heads, T, head_dim], their log_gate [B, T].
        """
        shape = tokens.shape[:2]
        if isinstance(self.gate, ScalingGate):
            keys, values = self.aligner(tokens, azimuth, view)        # [N, B, kv_heads, T, D]
            alpha = self.gate.alpha()[:, None, None, None, None]
            keys, values = keys * alpha, values * alpha
            logs = torch.zeros(self.config.connected_blocks, *shape, device=tokens.device)
            return self._slots(keys, values, logs)
        assert isinstance(self.aligner, Aligner)
        states = self.aligner.trunk(tokens, azimuth, view)
        logs = self.gate.log()[:, None, None].expand(-1, *shape)      # [N, B, T]
        if self.relevance is None:
            return self._slots(*self.aligner.heads(states), logs)
        factors, offsets = self.relevance(states, tokens)
        return self._slots(*self.aligner.heads(states), logs + offsets, factors)

    def _slots(self, keys: Tensor, values: Tensor, logs: Tensor,
               relevance: Tensor | None = None) -> list[BlockSlots]:
        parts = zip(keys, values, logs, [None] * len(logs) if relevance is None else relevance)
        return [BlockSlots(key, value, log, self.config.answer_only, factor)
                for key, value, log, factor in parts]

    def begin_like(self, other: Connector, shared: int) -> None:
        """Begin with what the connector of another encoder has learned.

        The first `shared` values of both encoders' tokens mean the same; all of them do where the
        encoders differ in what they are given only. Raises ValueError where the connectors differ
        in more than their encoder, or follow the paper.
        """
        mine, theirs = self.config, other.config
        if not isinstance(self.aligner, Aligner) or not isinstance(other.aligner, Aligner):
            raise ValueError('connectors that follow the paper cannot begin like another')
        if (mine.places, mine.hidden, mine.num_kv_heads, mine.head_dim) != (
                theirs.places, theirs.hidden, theirs.num_kv_heads, theirs.head_dim):
            raise ValueError(f'connectors of {mine.modality} and {theirs.modality} differ in '
                             'blocks or width')
        self.aligner.begin_like(other.aligner, min(shared, mine.width, theirs.width))
        self.gate.load_state_dict(other.gate.state_dict())
        if self.relevance is not None and other.relevance is not None and (
                mine.relevance == theirs.relevance):
            same = mine.names == theirs.names
            self.relevance.load_state_dict({
                name: value for name, value in other.relevance.state_dict().items()
                if same or name not in ('named', 'unnamed')}, strict=same)

    def gates(self) -> list[float]:
        """Return the gate of each connected block, in [0, 1], lowest block first."""
        return self.gate.values()

    def is_closed(self, block: int) -> bool:
        """Say whether the gate of one connected block (0 is the lowest) is closed exactly."""
        return isinstance(self.gate, Gate) and bool(self.gate.closed[block])
