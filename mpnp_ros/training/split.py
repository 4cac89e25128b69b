# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What is learned from and what is held out: scenes as a whole, never questions of one scene."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mpnp_ros.training.error import TrainError
from mpnp_ros.training.labelled import Labelled


def split_by_scene(labelled: Sequence[Labelled], share: float,
                   seed: int) -> tuple[list[Labelled], list[Labelled]]:
    """Return what is learned from and what is held out, about `share` of the scenes.

    At least one scene is on either side where a share is asked for. Raises TrainError where there
    is one scene only.
    """
    scenes = sorted({one.scene for one in labelled})
    if share == 0.0:
        return list(labelled), []
    if len(scenes) < 2:
        raise TrainError(
            f'a share of {share:g} of the scenes is to be held out: all {len(labelled)} '
            f'questions belong to the scene {"".join(scenes)!r}. Give other bags to hold out '
            '(data.held_out), take each moment as a scene (data.scene: moment), or hold out '
            'nothing (data.held_out_share: 0)')
    count = min(max(round(share * len(scenes)), 1), len(scenes) - 1)
    order = np.random.default_rng([seed, 11]).permutation(len(scenes))
    apart = {scenes[index] for index in order[:count]}
    return ([one for one in labelled if one.scene not in apart],
            [one for one in labelled if one.scene in apart])


def refuse_shared_scenes(learned: Sequence[Labelled], held_out: Sequence[Labelled]) -> None:
    """Raise TrainError where a scene is learned from and held out: figures would mean nothing."""
    shared = sorted({one.scene for one in learned} & {one.scene for one in held_out})
    if shared:
        raise TrainError(
            f'{len(shared)} scenes are learned from and held out, the first is {shared[0]!r}: '
            'give other bags in data.held_out, or other scene names to their questions')
