# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Many scenes with questions: bags of the demo drive's format, recorded over processes."""

from __future__ import annotations

from collections.abc import Sequence
import functools
from pathlib import Path
import shutil

import numpy as np

from mpnp_ros.world.bag import write_bag
from mpnp_ros.world.frame import Frame, take_frame
from mpnp_ros.world.geometry import Pose
from mpnp_ros.world.parallel import in_parts, Progress
from mpnp_ros.world.question_file import AskedAt, write_questions
from mpnp_ros.world.questions import ask
from mpnp_ros.world.scene import Scene
from mpnp_ros.world.sensors import RIG, Rig
from mpnp_ros.world.simulator import Simulator

BAG = 'bag'
QUESTIONS = 'questions.jsonl'
SCENES_PER_PART = 50


def record_scenes(
    directory: Path, seeds: Sequence[int], processes: int = 1, progress: Progress | None = None,
    rig: Rig = RIG,
) -> list[Path]:
    """Record one frame of each seed's scene and return the directories of the parts.

    A part that is there already is kept: an interrupted recording goes on where it stopped.
    The outcome does not depend on the number of processes. Raises NoGraphics where the machine
    has no off-screen OpenGL.
    """
    return in_parts(directory, seeds, SCENES_PER_PART, functools.partial(_record_part, rig=rig),
                    processes, progress)


def frame_of(seed: int, rig: Rig = RIG) -> Frame:
    """Return what the sensors give at the start of the seed's scene.

    The ego stands in its lane, up to half a metre off the middle and turned by a few degrees.
    """
    rng = np.random.default_rng([seed, 4])
    ego = Pose(0.0, float(0.2 * rng.standard_normal()), float(0.02 * rng.standard_normal()))
    with Simulator(Scene.from_seed(seed), rig.cameras) as simulator:
        return take_frame(simulator, rig, ego, noise_seed=seed)


def _record_part(part: Path, seeds: Sequence[int], rig: Rig) -> None:
    unfinished = part.with_name(part.name + '.part')
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    frames, asked = [], []
    for index, seed in enumerate(seeds):
        frame = frame_of(seed, rig)
        frames.append(Frame(**{**vars(frame), 'time_s': float(index)}))
        asked.append(ask(frame.sightings, np.random.default_rng([seed, 5])))
    stamps = write_bag(unfinished / BAG, rig, frames, start_ns=0)
    write_questions(unfinished / QUESTIONS, [
        AskedAt(stamp_ns, question)
        for stamp_ns, questions in zip(stamps, asked) for question in questions])
    unfinished.rename(part)
