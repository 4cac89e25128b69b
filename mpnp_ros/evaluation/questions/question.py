# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A question about one moment of a bag, whatever file it was read from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AskedQuestion:
    """One question; everything but text and stamp may be unknown.

    :ivar id: unique among the questions of a run, and the same in every run of the same files.
    :ivar stamp_ns: the moment it is about, on the bag's clock.
    :ivar answer: the right answer; None where only the answers are wanted.
    :ivar candidates: the answers it may get; empty: free text.
    :ivar type: e.g. exist, count, object, status, comparison; '' where the file does not say.
    :ivar hop: nuScenes-QA's hops, 0 or 1.
    :ivar condition: e.g. day, night, fog; '' where the file does not say.
    :ivar scene: what belongs together when scenes are resampled; '': the bag.
    :ivar needs: modalities without which it cannot be answered.
    :ivar needs_any: modalities any one of which is enough.
    :ivar modalities: the modalities it asks for by name; empty: what the manager decided.
    """

    id: str
    stamp_ns: int
    text: str
    answer: str | None = None
    candidates: tuple[str, ...] = ()
    type: str = ''
    hop: int | None = None
    condition: str = ''
    scene: str = ''
    needs: tuple[str, ...] = ()
    needs_any: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
