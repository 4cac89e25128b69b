# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""From the sensor messages of one moment to the latents that travel, and how often that is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from mpnp_ros.core.latents import Latents, pack, Payload
from mpnp_ros.encoders.assembler import Reading
from mpnp_ros.encoders.base import Encoder, InputError, View
from mpnp_ros.encoders.quality import Quality

Refuse = Callable[[str, str], None]   # view (or views), reason


@dataclass(frozen=True)
class EncodedSet:
    """What became of a set of readings: latents as encoded, and as they travel.

    `used` are the readings that took part, decoded to `samples`, with their `geometry`.
    """

    used: list[Reading]
    samples: list[np.ndarray]
    geometry: list[View]
    latents: Latents
    payload: Payload

    @property
    def oldest(self) -> Reading:
        """Return the reading whose stamp the latents carry."""
        return min(self.used, key=lambda reading: reading.stamp_ns)


def encode_set(
    encoder: Encoder, readings: Sequence[Reading], view_of: Callable[[str], View], *,
    modality: str, dtype: str, refuse: Refuse,
) -> EncodedSet | None:
    """Decode and encode the readings of one set; None where nothing of them can be used.

    What cannot be used is told to `refuse`, and the rest is encoded without it.
    """
    used, samples = [], []
    for reading in readings:
        try:
            samples.append(encoder.decode(reading.message))
            used.append(reading)
        except InputError as error:
            refuse(reading.view, str(error))
    if not used:
        return None
    geometry = [view_of(reading.view) for reading in used]
    try:
        encoded = encoder.encode(samples, geometry)
        payload = pack(encoded.tokens, dtype)
    except InputError as error:
        refuse(', '.join(reading.view for reading in used), str(error))
        return None
    latents = Latents(
        modality=modality, tokens=encoded.tokens, azimuth=encoded.azimuth, view=encoded.view,
        encoder_id=encoder.id, weights_hash=encoder.weights_hash)
    return EncodedSet(used, samples, geometry, latents, payload)


def quality_of_views(encoder: Encoder, done: EncodedSet) -> dict[str, Quality]:
    """Return how good the data of each view of a set are, where the encoder measures that."""
    found = {}
    for reading, sample, view in zip(done.used, done.samples, done.geometry, strict=True):
        quality = encoder.quality([sample], [view])
        if quality is not None:
            found[reading.view] = quality
    return found


class RateLimit:
    """Say which stamps are due at a rate; 0 Hz: all of them."""

    def __init__(self) -> None:
        self._last_ns: int | None = None

    def reset(self) -> None:
        """Forget the last stamp, so that the next one is due."""
        self._last_ns = None

    def due(self, stamp_ns: int, rate_hz: float) -> bool:
        """Tell whether a stamp is due, and count from it if it is."""
        # A tenth of a period of slack: stamps of a 10 Hz sensor are not exactly 100 ms apart.
        if rate_hz > 0.0 and self._last_ns is not None:
            if 0 <= stamp_ns - self._last_ns < 0.9e9 / rate_hz:
                return False
        self._last_ns = stamp_ns
        return True
