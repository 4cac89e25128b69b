# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""An encoder under observation: how good its samples are, and what encoding them takes."""

from __future__ import annotations

from collections.abc import Sequence
import time
from typing import Any

import numpy as np
import torch

from mpnp_ros.encoders.base import Encoded, Encoder, View
from mpnp_ros.encoders.quality import of_views, Quality

_SILENT = Quality({}, 0.0, 'no data')


class Watched:
    """Do what an encoder does and remember the quality of what it was given last.

    A view that gave nothing counts as nothing, as in the encoder node.

    :ivar quality: of the samples that were encoded last, None before that.
    :ivar encode_ms: what encoding took since `forget`, the first time only: the same samples are
        encoded once more where their operations are counted.
    """

    def __init__(self, encoder: Encoder, views: Sequence[str], *, encodes: bool = True) -> None:
        """Watch an encoder of these views; unless it `encodes`, a token of zeros is its result."""
        self._encoder, self._views, self._encodes = encoder, tuple(views), encodes
        self.quality: Quality | None = None
        self.encode_ms: float | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def forget(self) -> None:
        """Forget how long encoding took, before another moment."""
        self.encode_ms = None

    def encode(self, samples: Sequence[np.ndarray], views: Sequence[View]) -> Encoded:
        """Encode, and judge the samples view by view."""
        began = time.perf_counter()
        if self._encodes:
            encoded = self._encoder.encode(samples, views)
        else:
            encoded = Encoded(torch.zeros(1, 1), torch.zeros(1), torch.zeros(1, dtype=torch.int64))
        if self.encode_ms is None:
            self.encode_ms = 1e3 * (time.perf_counter() - began)
        judged = {view.name: self._encoder.quality([sample], [view]) or Quality({}, 1.0)
                  for sample, view in zip(samples, views)}
        self.quality = of_views({name: judged.get(name, _SILENT) for name in self._views})
        return encoded
