# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A run of the demo drive as an evaluation leaves it, written by hand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mpnp_ros import shipped
from mpnp_ros.evaluation.record import AnswerTiming, Record, Use, Verdict
from mpnp_ros.evaluation.run_folder import RunFolder
from mpnp_ros.suite.configuration import as_parameters, read_configuration

BAG = 'demo_drive_bag'
START_NS = 1767268800_000_000_000
HALF_S = 500_000_000   # the drive has a frame every half second


def used(modality: str, stamp_ns: int, age_s: float = 0.1) -> Use:
    return Use(modality, f'{modality}_encoder', stamp_ns, age_s, 29, 7424, (0.25, 0.5, 0.75, 1.0))


def answer(number: int, frame: int, right: bool | None, *uses: Use, **given: object) -> Record:
    """Return the answer number `number`, asked at the stamp of frame `frame`."""
    fields = {
        'id': f'q{number}', 'bag': BAG, 'scene': BAG, 'stamp_ns': START_NS + frame * HALF_S,
        'question': 'Is there a truck ahead?', 'expected': 'no',
        'answer': 'no' if right else 'yes', 'right': right, 'type': 'exist',
        'candidates': ('yes', 'no'), 'scores': (0.25, 0.75) if right else (0.75, 0.25),
        'modalities': uses,
        'decision': (Verdict('camera', True, 'listed'), Verdict('lidar', True, 'listed'))}
    return Record(**(fields | given))


def write_run(
    folder: Path, records: Iterable[Record], timings: Iterable[AnswerTiming] = (),
    bags: dict[str, Path] | None = None, configuration: str = 'demo.yaml',
) -> RunFolder:
    """Write a run of the suite of a configuration."""
    run = RunFolder(folder)
    paths = bags or {BAG: shipped.demo_drive() / 'bag'}
    run.write_json('run.json', {
        'schema': 1, 'name': 'demo', 'path': 'offline', 'configuration': configuration,
        'parameters': as_parameters(read_configuration(shipped.configuration(configuration))),
        'bags': [{'name': name, 'path': str(path)} for name, path in paths.items()]})
    run.write_records(records)
    run.write_timings(timings)
    run.write_json('problems.json', [])
    return run
