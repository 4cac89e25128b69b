# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What the encoder tests share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import functools
from pathlib import Path
import sys
from typing import Any

import pytest
import torch

# Modules of this folder: pytest's importlib mode leaves it off the path.
sys.path.insert(0, str(Path(__file__).parent))

from mpnp_ros.core.weights import WeightsMissing  # noqa: E402
from mpnp_ros.encoders.base import create, Encoder  # noqa: E402


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope='session')
def tiny_vit(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the folder of a tiny vision transformer with random weights."""
    from vision_models import save_model, VISION_TRANSFORMERS
    return save_model(VISION_TRANSFORMERS['vit'], tmp_path_factory.mktemp('models') / 'vit')


@pytest.fixture(scope='session')
def encoder_of(tiny_vit: str) -> Callable[..., Encoder]:
    """Return a function that gives a registered encoder, and skips where its weights are not.

    Options that an encoder cannot do without have an entry in `needed`. An encoder is
    constructed once in a session: encoding leaves no trace in it.
    """
    needed: dict[str, dict[str, Any]] = {'camera_huggingface': {'model': tiny_vit}}

    @functools.cache
    def constructed(name: str) -> Encoder:
        return create(name, needed.get(name, {}))

    def encoder(name: str) -> Encoder:
        try:
            return constructed(name)
        except WeightsMissing as missing:
            pytest.skip(str(missing))
    return encoder
