# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Count operations as torch does; without the language model, which encoders do not load."""

from __future__ import annotations

from collections.abc import Sequence
import threading
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import (
    FlopCounterMode, sdpa_backward_flop_count, sdpa_flop_count)

from mpnp_ros.encoders.base import Encoder, View

_here = threading.local()


def count_encode_flops(encoder: Encoder, samples: Sequence[np.ndarray],
                       views: Sequence[View]) -> int:
    """Return the operations of encoding samples, as far as torch counts them.

    What runs in numpy, or as pointwise operations, is not counted.
    """
    with counter() as counted:
        encoder.encode(samples, views)
    return int(counted.get_total_flops())


class _Counter(FlopCounterMode):

    def __enter__(self) -> _Counter:
        _here.depth = counting_depth() + 1
        super().__enter__()
        return self

    def __exit__(self, *cause: Any) -> Any:
        _here.depth = counting_depth() - 1
        return super().__exit__(*cause)


def counting_depth() -> int:
    """Return how many counters are at work in this thread; others may count for themselves."""
    return getattr(_here, 'depth', 0)


def counter() -> FlopCounterMode:
    """Return what counts operations within a `with` block, attention on CPUs included."""
    # torch counts the attention of GPUs by itself, not that of CPUs.
    forward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu
    backward = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu_backward
    return _Counter(display=False, custom_mapping={
        forward: _attention, backward: _attention_backward})


def _attention(query: Sequence[int], key: Sequence[int], value: Sequence[int], *_: Any,
               **__: Any) -> int:
    return int(sdpa_flop_count(query, key, value))


def _attention_backward(gradient: Sequence[int], query: Sequence[int], key: Sequence[int],
                        value: Sequence[int], *_: Any, **__: Any) -> int:
    return int(sdpa_backward_flop_count(gradient, query, key, value))
