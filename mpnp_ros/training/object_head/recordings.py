# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Recorded scenes with their truth, whatever sensor is learned from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from typing import Any

from mpnp_ros.core.transforms import TransformTree
from mpnp_ros.evaluation.bags.bag import Bag
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.suite.view_geometry import take_transforms
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.object_head.examples import Examples
from mpnp_ros.world.asking.moment import gaps
from mpnp_ros.world.asking.sensing import Sensing, Sight
from mpnp_ros.world.geometry import Pose
from mpnp_ros.world.recording import BAG, TRANSFORMS_TOPIC, TRUTH
from mpnp_ros.world.scene import ego_box
from mpnp_ros.world.truth import Seen, Truth
from mpnp_ros.world.truth_file import read_truth


def read_parts(folder: Path, read: Callable[[Path], Iterable[Examples]],
               times: Collection[str], progress: Callable[[int, int], None]) -> Examples:
    """Return what `read` makes of each recording (`python -m mpnp_ros.world.generate`).

    Raises TrainError where there is none with a moment at one of `times`, or one of those without
    any example.
    """
    parts = sorted(path.parent for path in folder.glob(f'*/{TRUTH}'))
    if not parts:
        raise TrainError(f'{folder}: no folder in it has a {TRUTH}')
    parts = [part for part in parts if truths(part, times)]
    if not parts:
        raise TrainError(f'{folder}: there is no moment in it at {" or ".join(times)}')
    found: list[Examples] = []
    for done, part in enumerate(parts, 1):
        own = list(read(part))
        if not own:
            raise TrainError(f'{part / BAG}: no message of the sensor at a moment of {TRUTH}')
        found += own
        progress(done, len(parts))
    return Examples.joined(found)


def truths(part: Path, times: Collection[str]) -> dict[int, Truth]:
    """Return by stamp what is true at the moments of a recording at `times` (of LIGHTS)."""
    return {moment.stamp_ns: moment.truth for moment in read_truth(part / TRUTH)
            if not set(times).isdisjoint(moment.truth.conditions)}


def messages(part: Path, topics: Iterable[str], tree: TransformTree,
             times: Collection[str]) -> Iterator[tuple[str, Any, Truth | None]]:
    """Yield the messages of topics with what is true at their stamps.

    That is None where it is not told, or at another time of day than `times`. Transforms go into
    the tree before what comes after them.
    """
    known = truths(part, times)
    with Bag(part / BAG, Problems()) as bag:
        for message in bag.messages([TRANSFORMS_TOPIC, *topics]):
            decoded = bag.decode(message)
            if message.topic == TRANSFORMS_TOPIC:
                take_transforms(tree, decoded)
            else:
                yield message.topic, decoded, known.get(message.stamp_ns)


def got(truth: Truth, sight: Callable[[Sensing, Seen], Sight]
        ) -> Iterator[tuple[Seen, float, bool]]:
    """Yield what a sensor gets anything of, the metres to it, and whether it gets enough."""
    sensing = Sensing(truth)
    far = gaps(ego_box(Pose(0.0, 0.0)), [one.box for one in truth.objects])
    for one, metres in zip(truth.objects, far, strict=True):
        level = sight(sensing, one)
        if level != 'unseen':
            yield one, float(metres), level in ('faint', 'clear')
