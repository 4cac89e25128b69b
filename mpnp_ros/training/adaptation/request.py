# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What is to be learned within which limits, and why it could not be."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from enum import IntEnum
import json
import math
from pathlib import Path
from typing import Any

DEFAULT_SHARE, DEFAULT_STEPS = 0.2, 500


class AdaptationCode(IntEnum):
    """Why an adaptation ended; the numbers are those of Adapt.action."""

    OK = 0
    REQUEST = 1
    INACTIVE = 2
    BUSY = 3
    DATA = 4
    MODALITY = 5
    CONNECTORS = 6
    DISK = 7
    LIMIT = 8
    PROCESS = 9
    CANCELED = 10
    INTERNAL = 11


class AdaptationError(Exception):
    """An adaptation that cannot start or go on; the text names the item."""

    def __init__(self, code: AdaptationCode, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True)
class AdaptationRequest:
    """Say what is learned, from which connectors, and where the new ones go.

    :ivar data: bag with answers, or a folder of them.
    :ivar modalities: those to learn; none: all that the data has.
    :ivar max_seconds: limit of everything, as are `max_flops`, `max_bytes` of resident memory and
        `max_steps`; 0: none.
    :ivar suite: parameter file that names the encoders; '': the data has latents.
    :ivar llm: parameters of the LLM node that decide how it answers.
    :ivar start: folder of the connectors in use; '': there are none.
    :ivar out: folder of the new connectors, which must not exist.
    :ivar tokens: folder for tokens of the frozen encoders.
    """

    data: str
    out: str
    tokens: str
    llm: dict[str, Any]
    modalities: list[str] = field(default_factory=list)
    held_out_share: float = 0.0
    max_seconds: float = 0.0
    max_flops: float = 0.0
    max_bytes: int = 0
    max_steps: int = 0
    seed: int = 0
    suite: str = ''
    start: str = ''
    threads: int = 1

    def check(self) -> None:
        """Raise AdaptationError for a value out of range and data that is not there."""
        if not self.data:
            raise AdaptationError(AdaptationCode.REQUEST, 'data is empty, expected the path of a '
                                  'bag or of a folder of bags')
        if not Path(self.data).expanduser().exists():
            raise AdaptationError(AdaptationCode.DATA, f'{self.data}: there is no such file or '
                                  'folder on the machine of the LLM node')
        if not 0.0 <= self.held_out_share < 1.0:
            raise AdaptationError(
                AdaptationCode.REQUEST, f'held_out_share is {self.held_out_share}, expected 0 (a '
                f'share of {DEFAULT_SHARE}) to less than 1')
        for name in ('max_seconds', 'max_flops'):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0.0):
                raise AdaptationError(
                    AdaptationCode.REQUEST, f'{name} is {value}, expected 0 (no limit) or more')
        twice = sorted({name for name in self.modalities if self.modalities.count(name) > 1})
        if twice:
            raise AdaptationError(AdaptationCode.REQUEST,
                                  f'modalities name {", ".join(twice)} more than once')

    def to_json(self) -> str:
        """Return the request as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> AdaptationRequest:
        """Return the request of a line; raises ValueError for another one."""
        content = json.loads(line)
        unknown = sorted(content.keys() - {one.name for one in fields(cls)})
        if unknown:
            raise ValueError(f'a request has unknown fields {unknown}')
        return cls(**content)
