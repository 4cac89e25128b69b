# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Groups of conditions: a scene at night in fog with a dirty lens belongs to three of them."""

from __future__ import annotations

from collections.abc import Sequence

GROUPS = ('day', 'dusk', 'night', 'fog', 'rain', 'dust', 'glare', 'dirty lens', 'dead camera',
          'dead lidar')


def groups_of(condition: str) -> tuple[str, ...]:
    """Return the groups that a condition such as 'night, fog, dirty lens front' belongs to.

    Which of several cameras is meant makes no difference; what is in none of GROUPS is a group
    of its own.
    """
    names = []
    for part in filter(None, map(str.strip, condition.split(','))):
        known = next((group for group in GROUPS if part == group or ' ' in group
                      and part.startswith(group)), part)
        if known not in names:
            names.append(known)
    return tuple(names)


def ordered(groups: Sequence[str]) -> list[str]:
    """Return groups in the order of GROUPS, others behind them by name."""
    return sorted(set(groups), key=lambda one: (
        GROUPS.index(one) if one in GROUPS else len(GROUPS), one))
