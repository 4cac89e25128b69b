# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How well questions can be answered from each set of modalities."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class Expectation(Protocol):
    """The expected accuracy of some questions over sets of some modalities, both in order."""

    def accuracy(self, members: np.ndarray) -> np.ndarray:
        """Return the accuracy [Q, S], 0 to 1, for sets given as booleans [S, modalities]."""

    def why(self, question: int, modality: int) -> str:
        """Return in words what a modality has to do with a question, e.g. 'colour question'."""
