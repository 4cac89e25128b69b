# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What encoders share that compute their tokens by formulas alone and have no weights."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
import hashlib
from typing import ClassVar

import numpy as np
import torch

from mpnp_ros.encoders.base import Encoded, Encoder, require_pairs, View


class FormulaEncoder(Encoder):
    """Describe each view by itself with numbers in [-1, 1], on fixed scales.

    There is nothing random and nothing to train, so `trained` is True: a connector learns from
    the numbers as they are. `version` goes up when the same sample gives other tokens, so that
    connectors trained on the old ones are refused.
    """

    version: ClassVar[int]

    @abstractmethod
    def describe(self, sample: np.ndarray, view: View) -> tuple[np.ndarray, np.ndarray]:
        """Return tokens [n, W] and their azimuths [n], rad or NaN, of the sample of one view.

        n is the same for all samples. Raises InputError for a sample that holds nothing usable.
        """

    @property
    def weights_name(self) -> str:
        """Return 'formulas' with their version."""
        return f'formulas{self.version}'

    @property
    def weights_hash(self) -> str:
        """Return the sha256 of name and version, in place of that of weights."""
        return hashlib.sha256(f'{self.name}/{self.weights_name}'.encode()).hexdigest()

    @property
    def trained(self) -> bool:
        """Return True: there is nothing that would have to be trained."""
        return True

    def encode(self, samples: Sequence[np.ndarray], views: Sequence[View]) -> Encoded:
        """Encode one sample per view.

        Raises InputError naming the view of a sample that holds nothing usable, ValueError when
        samples and views differ in number or there is none.
        """
        require_pairs(samples, views)
        described = [self.describe(sample, view)
                     for sample, view in zip(samples, views, strict=True)]
        tokens = np.concatenate([tokens for tokens, _ in described])
        azimuth = np.concatenate([azimuth for _, azimuth in described])
        counts = torch.tensor([len(tokens) for tokens, _ in described])
        return Encoded(
            tokens=torch.from_numpy(np.clip(tokens, -1.0, 1.0).astype(np.float32)),
            azimuth=torch.from_numpy(azimuth.astype(np.float32)),
            view=torch.arange(len(views)).repeat_interleave(counts),
        )
