# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One question about a moment of a simulated drive, and how it stands in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Question:
    """What is asked, the right answer, and what it takes to know it.

    :ivar candidates: the answers that it may get.
    :ivar group: what it asks, whatever the wording: within a group the answers are balanced.
    :ivar needs: modalities all of which it takes.
    :ivar needs_any: modalities any one of which will do; empty where `needs` says it all.
    :ivar hop: of nuScenes-QA's types; None for others.
    """

    text: str
    answer: str
    candidates: tuple[str, ...]
    type: str
    group: str
    needs: tuple[str, ...] = ()
    needs_any: tuple[str, ...] = ()
    hop: int | None = None

    def line(self, id: str, stamp_ns: int, scene: str, condition: str) -> dict[str, Any]:
        """Return the object that stands for it in a file of questions (JSON lines).

        :param id: unique in the file.
        :param scene: what must not be divided between training and testing.
        """
        return {
            'id': id, 'stamp_ns': stamp_ns, 'question': self.text, 'answer': self.answer,
            'candidates': list(self.candidates), 'type': self.type, 'hop': self.hop,
            'needs': list(self.needs), 'needs_any': list(self.needs_any),
            'condition': condition, 'scene': scene}
