# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A task that only sensors can answer: the camera tells a colour, the lidar yes or no."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import dataclasses

from tiny_models import latents
import torch
from torch import Tensor

from mpnp_ros.core.connector_training import ConnectorTraining
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.samples import TrainingSample

COLOURS, CLEAR, UNKNOWN = ('red', 'green', 'blue', 'yellow'), ('yes', 'no'), 'unknown'
CANDIDATES = (*COLOURS, *CLEAR, UNKNOWN)
# By the best guess for each question: a quarter of the colours, half of the others.
CHANCE = 0.375
_CODES = {'camera': 6.0 * torch.eye(4, 12), 'lidar': 6.0 * torch.eye(2, 7)}


def samples(count: int, seed: int) -> list[TrainingSample]:
    """Return `count` samples of each question; another seed gives other sensor readings."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for index in range(count):
        colour = int(torch.randint(4, (1,), generator=generator))
        clear = int(torch.randint(2, (1,), generator=generator))
        readings = {modality: _reading(modality, what, 100_000 * seed + index)
                    for modality, what in (('camera', colour), ('lidar', clear))}
        made.append(TrainingSample('what colour?', COLOURS[colour], readings, ('camera',)))
        made.append(TrainingSample('is the way clear?', CLEAR[clear], readings, ('lidar',)))
    return made


def shuffled(given: Sequence[TrainingSample]) -> list[TrainingSample]:
    """Return the samples with the sensor readings of others."""
    return [dataclasses.replace(sample, latents=given[(index + 14) % len(given)].latents)
            for index, sample in enumerate(given)]


def learned(run: ConnectorTraining) -> float:
    """Finish a training; return its last loss as a share of that of its first step."""
    run.advance()
    first = run.means.loss
    while not run.finished:
        run.advance()
    return run.means.loss / first


def assert_goes_on_bit_for_bit(begin: Callable[[], ConnectorTraining]) -> None:
    """Compare a training with one that was put aside after three steps."""
    whole, first = begin(), begin()
    while not whole.finished:
        whole.advance()
    for _ in range(3):
        first.advance()
    other = begin()
    other.restore(first.state())
    while not other.finished:
        other.advance()
    for name, value in whole.connectors.state_dict().items():
        assert torch.equal(other.connectors.state_dict()[name], value), name


def accuracy(answers: Sequence[str], expected: Sequence[str]) -> float:
    return sum(a == b for a, b in zip(answers, expected)) / len(expected)


def _reading(modality: str, what: int, seed: int) -> Latents:
    """Return noise in which every other token tells what there is to know."""
    codes: Tensor = _CODES[modality]
    noise = latents(modality, width=codes.shape[1], seed=seed)
    tokens = 0.5 * noise.tokens
    tokens[seed % 2::2] += codes[what]
    return dataclasses.replace(noise, tokens=tokens)
