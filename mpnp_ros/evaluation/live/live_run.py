# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The folder of a live evaluation, in the form of an offline one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mpnp_ros import __version__
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.bag_questions import BagQuestions
from mpnp_ros.evaluation.record import AnswerTiming, Record, SCHEMA
from mpnp_ros.evaluation.run_folder import RunFolder
from mpnp_ros.suite.configuration import as_parameters, SuiteConfiguration


def describe_live(bag: BagQuestions, configuration: SuiteConfiguration,
                  options: Mapping[str, Any]) -> dict[str, Any]:
    """Return run.json of a live evaluation; models are known by the names of their parameters."""
    return {
        'schema': SCHEMA, 'name': bag.name, 'path': 'live', 'version': __version__,
        'configuration': configuration.path.name, 'parameters': as_parameters(configuration),
        'model': {'id': configuration.llm.model, 'dtype': configuration.llm.dtype},
        'connectors': {}, 'encoders': {
            name: {'id': given.parameters.encoder}
            for name, given in configuration.modalities.items()},
        'bags': [bag.described()], 'options': dict(options),
    }


def write_live(out: Path, records: Sequence[Record], timings: Sequence[AnswerTiming],
               problems: Problems, described: Mapping[str, Any],
               timing: Mapping[str, Any]) -> RunFolder:
    """Write the files of a live evaluation."""
    run = RunFolder(out)
    run.write_records(records)
    run.write_timings(timings)
    run.write_problems(problems)
    run.write_json('timing.json', timing)
    run.write_json('run.json', described)
    return run


def traffic_figures(arrivals_s: Mapping[str, Sequence[float]],
                    counts: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    """Return rate, jitter, bytes and drops of each modality's latents.

    :param arrivals_s: when latents arrived, s of a steady clock, by modality.
    :param counts: what else was counted, by modality.
    """
    figures = {}
    for modality, times in arrivals_s.items():
        gaps_ms = np.diff(np.asarray(times)) * 1e3
        figures[modality] = {
            'messages': len(times), **counts.get(modality, {}),
            'interval_ms': None if not len(gaps_ms) else {
                name: round(float(np.percentile(gaps_ms, share)), 3)
                for name, share in (('p50', 50), ('p95', 95), ('p99', 99), ('max', 100))}}
    return figures
