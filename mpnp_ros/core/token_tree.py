# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The end of a prompt and all answers that may follow it, as one row of tokens.

Each token sees what leads up to it and nothing else, so one pass over the row gives what a pass
over each answer by itself would give. Answers that begin alike share tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class TokenTree:
    """Hold n tokens, the `stem` of a prompt first, and where the answers lie on them.

    :ivar parents: index of the token before each one, -1 for the first.
    :ivar depths: position of each token, the first of the stem being 0.
    :ivar paths: for each answer the indices, counted from the last token of the stem on, whose
        logits predict its tokens, one after the other.
    :ivar answers: the tokens of each answer, the end token last; that one is not in the tree.
    """

    ids: tuple[int, ...]
    parents: tuple[int, ...]
    depths: tuple[int, ...]
    stem: int
    paths: tuple[tuple[int, ...], ...]
    answers: tuple[tuple[int, ...], ...]

    @classmethod
    def grow(cls, stem: Sequence[int], answers: Sequence[Sequence[int]]) -> TokenTree:
        """Return the tree of a stem of at least one token and the answers behind it."""
        last = len(stem) - 1
        ids, parents, depths = list(stem), list(range(-1, last)), list(range(len(stem)))
        children: dict[tuple[int, int], int] = {}
        paths = []
        for answer in answers:
            at, path = last, [0]
            for token in answer[:-1]:
                if (at, token) not in children:
                    children[at, token] = len(ids)
                    ids.append(token)
                    parents.append(at)
                    depths.append(depths[at] + 1)
                at = children[at, token]
                path.append(at - last)
            paths.append(tuple(path))
        return cls(tuple(ids), tuple(parents), tuple(depths), len(stem), tuple(paths),
                   tuple(map(tuple, answers)))

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def predicting(self) -> int:
        """Return from how many tokens, the last ones, logits are wanted."""
        return len(self) - self.stem + 1

    def sees(self) -> Tensor:
        """Return [n, n]: True where a token (row) sees another (column) or itself."""
        sees = torch.eye(len(self), dtype=torch.bool)
        for index, parent in enumerate(self.parents):
            if parent >= 0:
                sees[index] |= sees[parent]
        return sees

    def predictions(self, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
        """Return the paths and the answers [C, K], padded, and counts [C, K]: False for padding.

        Answer c's token k is predicted by the logits at its path's index k.
        """
        longest = max(map(len, self.answers))
        paths, answers = (torch.tensor(
            [[*row, *[0] * (longest - len(row))] for row in rows], device=device)
            for rows in (self.paths, self.answers))
        counts = torch.tensor([[index < len(answer) for index in range(longest)]
                               for answer in self.answers], device=device)
        return paths, answers, counts
