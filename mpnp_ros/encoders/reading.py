# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One message of one view of a modality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Reading:
    """One sensor message of one view; `stamp_ns` is its acquisition stamp."""

    view: str
    stamp_ns: int
    message: Any
