# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A drive and its answers on one timeline, for the viewer Rerun."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from mpnp_ros.evaluation.bags.bag import Bag
from mpnp_ros.evaluation.pictures.drive_topics import drive_topics
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.rerun_export.rerun_answers import AnswerLog
from mpnp_ros.evaluation.rerun_export.rerun_blueprint import blueprint
from mpnp_ros.evaluation.rerun_export.rerun_sensors import SensorLog, SensorOptions
from mpnp_ros.evaluation.run_folder import RunFolder

APPLICATION = 'mpnp_ros'


class RerunMissing(ImportError):
    """Rerun is not installed; the text says how to get it."""


def write_rrd(
    run: RunFolder, bag: Bag | str | os.PathLike[str], out: Path, *, every: int = 1,
    max_width: int = 0, max_points: int = 0, problems: Problems | None = None,
) -> Path:
    """Write one bag of a run as an .rrd file, and return its path.

    The timeline `stamp` is the bag's time. To make the file smaller, take only one in `every`
    messages of each sensor, scale pictures down to `max_width` pixels, and thin sweeps out to
    `max_points`; 0 leaves them as they are. What cannot be shown is told to `problems` and in the
    recording itself.

    Raises RerunMissing without the package rerun-sdk, BagError where the bag cannot be read, and
    RunError where the run is damaged.
    """
    rerun = _rerun()
    described = run.read_json('run.json')
    problems = problems if problems is not None else Problems()
    with contextlib.ExitStack() as stack:
        if not isinstance(bag, Bag):
            # What is wrong inside the bag was told when its questions were answered.
            bag = stack.enter_context(Bag(Path(bag), Problems()))
        name = _name_in_run(described, bag)
        topics = drive_topics({topic: info.type for topic, info in bag.topics.items()},
                              described.get('parameters', {}))
        answers = AnswerLog(rerun, run, name, described)
        out.parent.mkdir(parents=True, exist_ok=True)
        unfinished = out.with_name(f'.{out.name}.part')
        recording = rerun.RecordingStream(APPLICATION)
        recording.save(unfinished)
        with recording:
            recording.set_log_time_enabled(False)
            recording.set_log_tick_enabled(False)
            recording.send_recording_name(f'{described.get("name") or run.path.name}: {name}')
            recording.send_recording_start_time_nanos(bag.start_ns)
            sensors = SensorLog(rerun, recording, bag, topics, problems,
                                SensorOptions(every, max_width, max_points))
            sensors.write()
            answers.write(recording)
            recording.send_blueprint(blueprint(rerun, sensors.seen, answers.modalities))
        unfinished.replace(out)
    return out


def _rerun() -> Any:
    try:
        import rerun
    except ImportError as error:
        raise RerunMissing(
            "an .rrd file needs the package rerun-sdk: pip install 'mpnp_ros[rerun]'") from error
    return rerun


def _name_in_run(described: dict[str, Any], bag: Bag) -> str:
    """Return what the records call a bag."""
    for given in described.get('bags', []):
        if Path(given['path']).resolve() == bag.path.resolve():
            return str(given['name'])
    return bag.name
