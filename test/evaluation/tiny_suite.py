# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A suite of a lidar and a language model of a few thousand weights, and drives for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
import json
from pathlib import Path
from typing import Any

import numpy as np
from tiny_models import model, tokenizer

from mpnp_ros.core.connectors import Connectors, Source
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.encoders.base import create, Encoder
from mpnp_ros.evaluation.bags.bag_writer import BagWriter
from mpnp_ros.evaluation.bags.typestore import typestore
from mpnp_ros.evaluation.offline.offline_run import OfflineOptions
from mpnp_ros.evaluation.problem import Problems
from mpnp_ros.evaluation.questions.bag_questions import BagQuestions, gather

START_NS, STEP_NS = 1_000_000_000_000, 500_000_000
OPTIONS = {'beams': 8, 'columns': 64, 'sectors': 8}
TEXTS = {'is the way clear?': ['yes', 'no', 'unknown'], 'what colour is it?': ['red', 'blue'],
         'what is there?': []}
CLOUDS, LIDAR = '/points', 'sensor_msgs/msg/PointCloud2'


@dataclass(frozen=True)
class TinySuite:
    """Where the parameter file lies, and the folder for whatever a test makes."""

    params_file: Path
    folder: Path

    def options(self, **changes: Any) -> OfflineOptions:
        """Return options of a run in this process."""
        return OfflineOptions(**{
            'params_file': self.params_file, 'name': 'tiny', 'workers': 1, **changes})

    def drive(self, name: str, moments: int, *, broken: tuple[int, ...] = (),
              frozen_from: int | None = None) -> Path:
        """Write a bag of one sweep a moment with its questions.

        `broken` sweeps hold no point; those behind `frozen_from` are that one again.
        """
        path = self.folder / name / 'drive'
        path.parent.mkdir(parents=True, exist_ok=True)
        with BagWriter(path) as bag:
            for index in range(moments):
                stamp_ns = START_NS + index * STEP_NS
                bag.write_message(CLOUDS, LIDAR, stamp_ns,
                                  cloud(stamp_ns, 0 if index in broken else 400, seed=min(
                                      index, moments if frozen_from is None else frozen_from)))
        lines = [json.dumps({
            'stamp_ns': START_NS + index * STEP_NS, 'question': text, 'candidates': candidates,
            'answer': (candidates or ['car'])[0], 'type': text.split()[0]})
            for index in range(moments) for text, candidates in TEXTS.items()]
        (path.parent / 'questions.jsonl').write_text('\n'.join(lines) + '\n', encoding='utf-8')
        return path

    def questions(self, *drives: Path) -> list[BagQuestions]:
        """Return the drives with their questions, named after their folders."""
        problems = Problems()
        gathered = gather(list(drives), [], ['lidar'], problems)
        assert not list(problems), list(problems)
        return gathered


def save_models(folder: Path, encoders: Mapping[str, Encoder]) -> Path:
    """Save a model, and connectors of encoders for it; return the model's folder."""
    given = folder / 'model'
    model('llama').save_pretrained(given)
    tokenizer().save_pretrained(given)
    connectors = Connectors.create(
        LanguageModel.load(given),
        {name: Source(one.id, one.weights_hash, one.width) for name, one in encoders.items()},
        connected_blocks=2, hidden=16)
    (folder / 'connectors').mkdir()
    connectors.save(folder / 'connectors')
    return given


def make_suite(folder: Path) -> TinySuite:
    """Save a model and connectors for it, and write the parameter file that names them."""
    given = save_models(folder, {'lidar': create('lidar_range_view', OPTIONS)})
    params_file = folder / 'suite.yaml'
    params_file.write_text(json.dumps({
        '/**/lidar_encoder': {'ros__parameters': {
            'modality': 'lidar', 'encoder': 'lidar_range_view', 'views': ['top'],
            'view.top.topic': CLOUDS, 'options': OPTIONS}},
        '/**/llm': {'ros__parameters': {
            'model': str(given), 'connectors': str(folder / 'connectors'), 'max_tokens': 3}},
    }), encoding='utf-8')
    return TinySuite(params_file, folder)


def cloud(stamp_ns: int, points: int, seed: int) -> Any:
    """Return a PointCloud2 of points around the sensor."""
    types = typestore().types
    fields = [types['sensor_msgs/msg/PointField'](name=name, offset=4 * index, datatype=7, count=1)
              for index, name in enumerate(('x', 'y', 'z', 'intensity'))]
    rng = np.random.default_rng(seed)
    values = rng.uniform([-20, -20, -1, 0], [20, 20, 2, 255], (points, 4)).astype(np.float32)
    time = types['builtin_interfaces/msg/Time'](
        sec=stamp_ns // 10 ** 9, nanosec=stamp_ns % 10 ** 9)
    return types[LIDAR](
        header=types['std_msgs/msg/Header'](stamp=time, frame_id='lidar'), height=1, width=points,
        fields=fields, is_bigendian=False, point_step=16, row_step=16 * points,
        data=np.frombuffer(values.tobytes(), np.uint8), is_dense=True)
