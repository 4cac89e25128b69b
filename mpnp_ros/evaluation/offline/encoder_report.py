# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What an encoder node would report of a set that it has encoded."""

from __future__ import annotations

from collections.abc import Mapping
import math

import numpy as np

from mpnp_ros.encoders.base import Encoder
from mpnp_ros.manager.report import Report, State
from mpnp_ros.suite.parameters import EncoderParameters
from mpnp_ros.suite.reading_set import EncodedSet, quality_of_views
from mpnp_ros.suite.sensor_health import SensorHealth


def report_of(
    encoder: Encoder, given: EncoderParameters, done: EncodedSet, refused: Mapping[str, str], *,
    rate_hz: float, encode_flops: int,
) -> Report:
    """Return the report without an age, NaN; a view that is not in the set tells nothing.

    `refused` says why, by view. What only a clock tells is left out.
    """
    health = SensorHealth(given.views)
    used = {reading.view for reading in done.used}
    for view in given.views:
        if view not in used:
            health.ails([view], refused.get(view, 'nothing of it in the newest set'))
    for view, quality in quality_of_views(encoder, done).items():
        health.measured(view, quality)
    whole = health.quality(0.0, math.inf)
    return Report(
        given.modality, State.ACTIVE,
        quality={} if whole is None else _as_sent(whole.measures),
        usability=math.nan if whole is None else float(np.float32(whole.usability)),
        quality_message='' if whole is None else whole.reason,
        rate_hz=float(np.float32(rate_hz)), encode_flops=float(encode_flops),
        weights_bytes=encoder.weights_bytes, payload_bytes=done.payload.data.nbytes,
        tokens=done.payload.tokens, bits=done.payload.bits, published=1)


def _as_sent(measures: Mapping[str, float]) -> dict[str, float]:
    # ModalityStatus has float32 for them: a manager must see the same numbers here.
    return {name: float(np.float32(value)) for name, value in measures.items()}
