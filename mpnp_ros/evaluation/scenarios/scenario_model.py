# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What all parts of a scenario share: unknown fields and other types are refused.

The parts take pydantic from here, so that one sentence says so where it is missing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

try:
    from pydantic import (
        BaseModel,
        BeforeValidator,
        ConfigDict,
        Field,
        field_validator,
        model_validator,
        ValidationError,
        ValidationInfo,
    )
except ImportError as error:   # none, or pydantic 1
    raise ImportError(
        "scenario files need pydantic 2: pip install 'mpnp_ros[evaluation]'") from error

from mpnp_ros.evaluation.scenarios.scenario_path import resolve_path

__all__ = ['BaseModel', 'ExistingPath', 'Field', 'field_validator', 'model_validator', 'Strict',
           'ValidationError', 'ValidationInfo']


class Strict(BaseModel):
    """A part of a scenario."""

    model_config = ConfigDict(extra='forbid', frozen=True, strict=True, allow_inf_nan=False)


def _existing(text: Any, info: ValidationInfo) -> Any:
    """Return the path that a text in the file means; the context has the `folder` of the file."""
    if not isinstance(text, str):
        return text
    return resolve_path(text, (info.context or {}).get('folder', Path()))


ExistingPath = Annotated[Path, BeforeValidator(_existing)]
