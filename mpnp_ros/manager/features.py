# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Questions as vectors: from their words alone, or from what the language model makes of them."""

from __future__ import annotations

from collections.abc import Sequence
import re
from typing import Any, Protocol
import zlib

import numpy as np

from mpnp_ros.manager.situation import AskedQuestion

_WORDS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?|\d+(?:\.\d+)?")


class Features(Protocol):
    """Turn questions into vectors; `manifest` says how, so that a file can name its features."""

    kind: str
    components: int   # principal components that serve best

    def vectors(self, questions: Sequence[AskedQuestion]) -> np.ndarray:
        """Return [Q, width]; a row of NaN where a question's vector is not known."""

    def manifest(self) -> dict[str, Any]:
        """Return what identifies the features, ready for JSON."""


class NgramFeatures:
    """Count words and pairs of words, hashed into a fixed number of columns.

    Needs no model, so a manager can tell what a question needs before any LLM has seen it. All
    numbers count as the same word; the length of a vector is one.
    """

    kind = 'ngrams'
    components = 32

    def __init__(self, width: int = 1024) -> None:
        if width < 1:
            raise ValueError(f'{width} columns of n-grams, expected at least 1')
        self.width = width

    def vectors(self, questions: Sequence[AskedQuestion]) -> np.ndarray:
        """Return [Q, width]."""
        found = np.zeros((len(questions), self.width))
        for row, question in zip(found, questions):
            for gram in _grams(question.text):
                code = zlib.crc32(gram.encode())
                row[code % self.width] += 1.0 if code >> 31 else -1.0
            row /= np.linalg.norm(row) or 1.0
        return found

    def manifest(self) -> dict[str, Any]:
        """Return the number of columns."""
        return {'kind': self.kind, 'width': self.width}


class StateFeatures:
    """Use the state of a prompt's last token that enters block L-N.

    The LLM node has it for every question; it reaches the manager as a vector.
    """

    kind = 'states'
    components = 16

    def __init__(self, llm: str, block: int, width: int) -> None:
        self.llm, self.block, self.width = llm, block, width

    def vectors(self, questions: Sequence[AskedQuestion]) -> np.ndarray:
        """Return [Q, width]; NaN for a question without a vector or with one of another width."""
        found = np.full((len(questions), self.width), np.nan)
        for row, question in zip(found, questions):
            if question.vector is not None and question.vector.shape == (self.width,):
                row[:] = question.vector / (np.linalg.norm(question.vector) or 1.0)
        return found

    def manifest(self) -> dict[str, Any]:
        """Return which states of which model."""
        return {'kind': self.kind, 'llm': self.llm, 'block': self.block, 'width': self.width}


def features_from(manifest: dict[str, Any]) -> Features:
    """Return the features that a manifest names; raises ValueError for others."""
    try:
        if manifest['kind'] == NgramFeatures.kind:
            return NgramFeatures(int(manifest['width']))
        if manifest['kind'] == StateFeatures.kind:
            return StateFeatures(
                str(manifest['llm']), int(manifest['block']), int(manifest['width']))
    except (KeyError, TypeError) as error:
        raise ValueError(f'features {manifest}: {error} is missing or of another type') from error
    raise ValueError(f'unknown features {manifest["kind"]!r}, expected '
                     f'{NgramFeatures.kind} or {StateFeatures.kind}')


def _grams(text: str) -> list[str]:
    words = ['0' if word[0].isdigit() else word for word in _WORDS.findall(text.casefold())]
    return [*words, *(f'{one} {two}' for one, two in zip(['^', *words], [*words, '$']))]
