# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What an encoder node counts and measures of its own work."""

from __future__ import annotations

import math
from typing import Any

from mpnp_ros.nodes.statistics import Rate, Recent


class EncoderCounts:
    """Inputs, latents, times and sizes since the node was activated.

    :ivar refused: inputs that could not be used.
    :ivar last_published_ns: stamp of the newest latents; None before any.
    :ivar tokens: rows of the newest latents, 0 before any.
    :ivar payload_bytes: of the newest latents, 0 before any.
    :ivar encode_flops: operations to encode `flops_views` views together; NaN before any.
    """

    def __init__(self) -> None:
        self.inputs, self.outputs = Rate(), Rate()
        self.refused = 0
        self.encode_ms = Recent()
        self.last_published_ns: int | None = None
        self.tokens = self.payload_bytes = 0
        self.encode_flops = math.nan
        self.flops_views = 0
        self._hertz = 0.0, 0.0

    def published(self, message: Any, stamp_ns: int) -> None:
        """Count a LatentTokens that went out, with the stamp of its oldest reading."""
        self.outputs.count()
        self.encode_ms.add(message.encode_ms)
        self.last_published_ns = stamp_ns
        self.tokens, self.payload_bytes = message.tokens, len(message.data)

    def end_period(self, period_s: float) -> None:
        """Take the rates of a status period; statuses within the next one repeat them."""
        least_s = period_s / 2.0
        self._hertz = self.inputs.hertz(least_s), self.outputs.hertz(least_s)

    def fill(self, message: Any) -> None:
        """Write what is counted into a ModalityStatus."""
        message.input_rate_hz, message.latent_rate_hz = self._hertz
        message.received = self.inputs.total
        message.published = self.outputs.total
        message.refused = self.refused
        message.encode_ms_p50 = self.encode_ms.percentile(50)
        message.encode_ms_p95 = self.encode_ms.percentile(95)
        message.tokens = self.tokens
        message.payload_bytes = self.payload_bytes
        message.encode_flops = self.encode_flops
