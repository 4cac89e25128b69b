# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Latents to `LatentTokens` messages and back, without copying more than the wire needs."""

from __future__ import annotations

import array

import numpy as np
import torch

from mpnp_ros.core.latents import Latents, Payload, unpack
from mpnp_ros.msg import LatentTokens


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


def read_message(message: LatentTokens) -> Latents:
    """Return the latents of a message; float payloads alias the message's data.

    Raises
    ------
    ValueError
        if the fields contradict each other (sizes, element type, view indices).

    """
    tokens = int(message.tokens)
    for name in ('azimuth', 'view'):
        if len(getattr(message, name)) != tokens:
            raise ValueError(
                f'{name} has {len(getattr(message, name))} entries, expected {tokens}, one a '
                'token')
    view = np.frombuffer(message.view, dtype=np.uint8)
    if tokens and message.views and int(view.max()) >= len(message.views):
        raise ValueError(
            f'view index {int(view.max())} is outside the {len(message.views)} views')
    payload = Payload(
        dtype_code=int(message.dtype_code),
        bits=int(message.bits),
        tokens=tokens,
        width=int(message.width),
        data=np.frombuffer(message.data, dtype=np.uint8),
        scale=np.frombuffer(message.scale, dtype=np.float32),
    )
    return Latents(
        modality=message.modality,
        tokens=unpack(payload),
        azimuth=torch.from_numpy(np.frombuffer(message.azimuth, dtype=np.float32).copy()),
        view=torch.from_numpy(view.astype(np.int64)),
        encoder_id=message.encoder_id,
        weights_hash=message.weights_hash,
    )


def _floats(values: np.ndarray) -> array.array[float]:
    floats = array.array('f')
    floats.frombytes(np.ascontiguousarray(values, dtype=np.float32).tobytes())
    return floats
