# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Values of tokens that have names: a question that uses the name is about such tokens.

An encoder may say what values of its tokens stand for in words (`Encoder.value_names`): 'car',
'moving'. Whether a question uses a name shows in the mean of its words' embeddings, where a linear
map finds it again. So which tokens a question is about does not have to be learned from answers
alone.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
import re

import torch
from torch import Tensor

from mpnp_ros.core.connectors import Connectors

_RIDGE = 1e-3    # of the mean square of a question's words


@torch.no_grad()
def name_values(connectors: Connectors, questions: Sequence[str], words: Tensor,
                fresh: Collection[str]) -> None:
    """Let connectors know how the questions that are learned from use names.

    :param words: of each question, [Q, words] (`question_words`).
    :param fresh: modalities whose connectors have learned nothing yet; others stay as they are.
    """
    for connector in connectors:
        relevance, names = connector.relevance, connector.config.names
        if relevance is None or not names or connector.config.modality not in fresh:
            continue
        used = torch.tensor([uses(question, names) for question in questions]).to(words)  # [Q, V]
        share = used.mean(0)
        # Embeddings differ little from each other: in float32, or less, noise would be named.
        centred = (words - relevance.mean).double()
        square = centred.T @ centred                                  # [words, words]
        ridge = _RIDGE * centred.square().sum(1).mean().clamp(min=1e-12)
        square.diagonal().add_(ridge)
        relevance.named.copy_(torch.linalg.solve(square, centred.T @ (used - share).double()))
        # Between named and not named, zero; names that tell no question from another do nothing.
        relevance.unnamed.copy_(torch.where((share > 0.0) & (share < 1.0), share - 0.5, 0.0))


def uses(question: str, names: Sequence[str]) -> list[bool]:
    """Tell of each name whether a question uses it, in the singular or in the plural."""
    left, found = question.lower(), dict.fromkeys(names, False)
    for name in sorted(filter(None, found), key=len, reverse=True):
        # What a longer name has used up is not used again: 'not standing' is not 'standing'.
        left, count = re.subn(rf'\b{re.escape(name)}(?:e?s)?\b', ' ', left)
        found[name] = count > 0
    return [found[name] for name in names]
