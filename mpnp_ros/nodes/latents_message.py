# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Latents to `LatentTokens` messages and back, without copying more than the wire needs."""

from __future__ import annotations

import array

import numpy as np
import torch

from mpnp_ros.core.latents import Latents, Payload
from mpnp_ros.msg import LatentTokens
from mpnp_ros.suite.latents_fields import read_message

__all__ = ['fill_message', 'read_message']


def fill_message(message: LatentTokens, payload: Payload, latents: Latents) -> None:
    """Write a payload and what is known of its tokens into a fresh message."""
    message.modality = latents.modality
    message.encoder_id = latents.encoder_id
    message.weights_hash = latents.weights_hash
    message.dtype_code = payload.dtype_code
    message.bits = payload.bits
    message.tokens = payload.tokens
    message.width = payload.width
    message.scale = _floats(payload.scale)
    message.azimuth = _floats(latents.azimuth.numpy())
    message.view = array.array('B', latents.view.to(torch.uint8).numpy().tobytes())
    # Assigning a numpy array to the field would copy element by element; frombytes does not.
    message.data.frombytes(payload.data.view(np.uint8))


def _floats(values: np.ndarray) -> array.array[float]:
    floats = array.array('f')
    floats.frombytes(np.ascontiguousarray(values, dtype=np.float32).tobytes())
    return floats
