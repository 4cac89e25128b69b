# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which of the latents at hand a question may use, and why the others are left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mpnp_ros.core.latents import Latents
from mpnp_ros.suite.stamp import seconds_between


class Unusable(Exception):
    """A modality has no latents that may be used; the text says why."""


@dataclass(frozen=True)
class Held:
    """Latents as they were received; `stamp_ns` is the sensor's acquisition stamp."""

    latents: Latents
    stamp_ns: int


@dataclass(frozen=True)
class AgeLimits:
    """How old latents may be, and how far ahead of the clock, s."""

    max_age_s: float
    future_tolerance_s: float


def require_fresh(modality: str, held: Held, now_ns: int, limits: AgeLimits,
                  trouble: str = '') -> Held:
    """Return latents that may be used at `now_ns`; raises `Unusable` for others.

    `trouble` is said too where latents are too old: why no newer ones were taken.
    """
    age_s = seconds_between(now_ns, held.stamp_ns)
    if age_s > limits.max_age_s:
        more = f'; {trouble}' if trouble else ''
        raise Unusable(f'{modality}: latents are {age_s:.3f} s old, the limit is '
                       f'{limits.max_age_s:.3f} s{_clock_hint(age_s)}{more}')
    if age_s < -limits.future_tolerance_s:
        raise Unusable(f'{modality}: stamp of the latents lies {-age_s:.3f} s in the future '
                       f'of the node clock{_clock_hint(age_s)}')
    return held


def take_fresh(
    attached: Iterable[str], fresh: Callable[[str], Held]
) -> tuple[dict[str, Held], str]:
    """Return what is usable of the attached modalities, and a note on what is left out.

    `fresh(modality)` returns its latents or raises `Unusable`.
    """
    held, left_out = {}, []
    for name in sorted(attached):
        try:
            held[name] = fresh(name)
        except Unusable as why:
            left_out.append(str(why))
    if held:
        return held, '; '.join(f'left out: {why}' for why in left_out)
    return {}, f'text only: {"; ".join(left_out) or "no modality is attached"}'


def _clock_hint(age_s: float) -> str:
    # A day's difference is never a slow sensor: one side runs on simulated time.
    return ' (do both nodes agree on use_sim_time?)' if abs(age_s) > 86400.0 else ''
