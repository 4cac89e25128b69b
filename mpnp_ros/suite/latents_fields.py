# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read the fields of a LatentTokens message, whatever library made the object."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from mpnp_ros.core.latents import Latents, Payload, unpack

LATENTS_TYPE = 'mpnp_ros/msg/LatentTokens'


def read_message(message: Any) -> Latents:
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
