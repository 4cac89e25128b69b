# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The truth of the moments of a bag, one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
import dataclasses
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

from mpnp_ros.world.geometry import Box, Pose
from mpnp_ros.world.truth import EgoMotion, Seen, Truth


@dataclass(frozen=True)
class TruthAt:
    """The truth of the moment of a stamp, and the seed of its scene."""

    stamp_ns: int
    seed: int
    truth: Truth


def write_truth(path: Path, moments: Iterable[TruthAt]) -> None:
    """Write the moments in the order given."""
    lines = [json.dumps(dataclasses.asdict(moment), separators=(',', ':')) for moment in moments]
    path.write_text('\n'.join(lines) + '\n', encoding='utf-8')


def read_truth(path: Path) -> list[TruthAt]:
    """Read what `write_truth` wrote; ValueError names the line that cannot be used."""
    moments = []
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        try:
            fields = json.loads(line)
            moments.append(
                TruthAt(int(fields['stamp_ns']), int(fields['seed']), _truth(fields['truth'])))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f'{path}, line {number}: not a truth: {error!r}') from error
    return moments


def _truth(fields: Mapping[str, Any]) -> Truth:
    ego = dict(fields['ego'])
    return Truth(
        time_s=fields['time_s'], ego=EgoMotion(**{**ego, 'pose': Pose(**ego['pose'])}),
        objects=tuple(
            Seen(**{**one, 'velocity': tuple(one['velocity']),
                    'box': Box(Pose(**one['box']['pose']), tuple(one['box']['size']))})
            for one in fields['objects']),
        conditions=tuple(fields['conditions']))
