# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Dataclass fields that say what their values mean and what they may be."""

from __future__ import annotations

import dataclasses
from typing import Any


def setting(
    default: Any,
    description: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    choices: tuple[str, ...] = (),
    **more: Any,
) -> Any:
    """Return a dataclass field whose metadata hold its description, range and choices."""
    metadata = {'description': description, 'minimum': minimum, 'maximum': maximum,
                'choices': choices, **more}
    if isinstance(default, list):
        return dataclasses.field(default_factory=lambda: list(default), metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)
