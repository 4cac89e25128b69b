# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Let any fusion choose among candidates: token by token, the likeliest that one of them has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch

from mpnp_ros.core.fusion.fusion import Example, Fusion
from mpnp_ros.core.latents import Latents
from mpnp_ros.core.text_states import Text


@dataclass(frozen=True)
class Choice:
    """A prompt, the token ids of the candidates, each with its end token, and the latents."""

    prompt: tuple[int, ...]
    candidates: tuple[tuple[int, ...], ...]
    latents: Mapping[str, Latents]

    def texts(self) -> Iterator[Text]:
        """Yield every text that choosing may run."""
        for candidate in self.candidates:
            for length in range(1, len(candidate) + 1):
                yield Text(self.prompt, candidate[:length])


def choose(fusion: Fusion, choices: Sequence[Choice], *, batch: int = 32) -> list[int]:
    """Return the number of the candidate chosen for each.

    Candidates that begin alike are told apart by later tokens: most choices take a single pass.
    Two candidates of the same tokens are one: the first is chosen.
    """
    fusion.prepare(text for choice in choices for text in choice.texts())
    left = [_distinct(choice.candidates) for choice in choices]
    depth = 0
    with torch.no_grad():
        while open_rows := [row for row, members in enumerate(left) if len(members) > 1]:
            for first in range(0, len(open_rows), batch):
                rows = open_rows[first:first + batch]
                logits = fusion([_example(choices[row], left[row], depth) for row in rows]).last()
                for row, scores in zip(rows, logits):
                    left[row] = _best(choices[row], left[row], depth, scores)
            depth += 1
    return [members[0] for members in left]


def _distinct(candidates: Sequence[tuple[int, ...]]) -> list[int]:
    return sorted({ids: number for number, ids in reversed(list(enumerate(candidates)))}.values())


def _best(choice: Choice, members: Sequence[int], depth: int, scores: torch.Tensor) -> list[int]:
    by_token: dict[int, list[int]] = defaultdict(list)
    for member in members:
        by_token[choice.candidates[member][depth]].append(member)
    return by_token[max(by_token, key=lambda token: float(scores[token]))]


def _example(choice: Choice, members: Sequence[int], depth: int) -> Example:
    # All members begin alike up to here; the token after that is what is asked for.
    return Example(Text(choice.prompt, choice.candidates[members[0]][:depth + 1]), choice.latents)
