# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How good the data of a sensor are, whatever they show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Quality:
    """A cheap measure of the samples that were encoded together.

    :ivar measures: values by name; the name ends with the unit where there is one
        ('range_p90_m'), otherwise values are from 0 to 1 ('brightness').
    :ivar usability: 0 (nothing can be told from them) to 1 (as good as it gets).
    :ivar reason: what lowers the usability, in words with the figure; '' where nothing does.
    """

    measures: Mapping[str, float]
    usability: float
    reason: str = ''
