# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which questions an arm answers right: with all sensors, without some, with those of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mpnp_ros.core.fusion.choose import choose
from mpnp_ros.core.fusion.fusion import Fusion
from mpnp_ros.core.latents import Latents
from mpnp_ros.training.comparison.data import Asked

ALL, NONE, SHUFFLED = 'all', 'none', 'shuffled'
_ONLY, _WITHOUT = 'only ', 'without '


def only(modality: str) -> str:
    """Return the name of answers from one modality alone."""
    return _ONLY + modality


def without(modality: str) -> str:
    """Return the name of answers from all modalities but one."""
    return _WITHOUT + modality


def variants(modalities: Sequence[str]) -> list[str]:
    """Return the names of all that `shown` can show."""
    several = modalities if len(modalities) > 1 else ()
    return [ALL, NONE, SHUFFLED, *map(only, several), *map(without, several)]


def answer(fusion: Fusion, asked: Sequence[Asked], shown: Sequence[Mapping[str, Latents]], *,
           batch: int = 32) -> list[bool]:
    """Return for each question whether the right candidate is chosen."""
    # Prompts of about the same length side by side: padding is computed too.
    order = sorted(range(len(asked)), key=lambda index: len(asked[index].prompt))
    chosen = choose(fusion, [asked[index].choice(shown[index]) for index in order], batch=batch)
    right = [False] * len(asked)
    for index, number in zip(order, chosen):
        right[index] = number == asked[index].right
    return right


def shown(asked: Sequence[Asked], variant: str, seed: int = 0) -> list[Mapping[str, Latents]]:
    """Return the latents that each question is answered from; see `variants`."""
    own = [one.labelled.sample.latents for one in asked]
    if variant == ALL:
        return list(own)
    if variant == NONE:
        return [{} for _ in own]
    if variant == SHUFFLED:
        other = _others([one.labelled.scene for one in asked], seed)
        return [{name: own[place][name] for name in latents if name in own[place]}
                for latents, place in zip(own, other)]
    if variant.startswith(_ONLY):
        kept = variant.removeprefix(_ONLY)
        return [{name: given for name, given in latents.items() if name == kept}
                for latents in own]
    left_out = variant.removeprefix(_WITHOUT)
    return [{name: given for name, given in latents.items() if name != left_out}
            for latents in own]


def _others(scenes: Sequence[str], seed: int) -> list[int]:
    """Return for each question one of another scene, the same for all of its scene."""
    first: dict[str, int] = {}
    for place, scene in enumerate(scenes):
        first.setdefault(scene, place)
    names = sorted(first)
    order = [names[index] for index in np.random.default_rng([seed, 13]).permutation(len(names))]
    following = dict(zip(order, [*order[1:], order[0]]))
    return [first[following[scene]] for scene in scenes]
