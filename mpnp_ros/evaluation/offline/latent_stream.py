# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The recorded latents of one modality: the newest that can be used."""

from __future__ import annotations

from typing import Any

from mpnp_ros.evaluation.offline.moment import Available
from mpnp_ros.suite.freshness import Held
from mpnp_ros.suite.latents_fields import read_message
from mpnp_ros.suite.stamp import nanoseconds


class LatentStream:
    """Take the LatentTokens of one modality; what cannot be read leaves the ones before."""

    def __init__(self) -> None:
        self.newest: Available | None = None
        self.refusal = ''

    def take(self, message: Any) -> str:
        """Take a message; return why it is refused, or ''."""
        try:
            latents = read_message(message)
        except ValueError as error:
            self.refusal = f'latents refused: {error}'
            return self.refusal
        self.refusal = ''
        # What encoding took is not in the message, so it counts as nothing.
        self.newest = Available(
            Held(latents, nanoseconds(message.header.stamp)), len(message.data), 0)
        return ''
