# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The annotations of a nuScenes keyframe as boxes in the base frame."""

from __future__ import annotations

import math

import numpy as np

from mpnp_ros.evaluation.nuscenes_qa.scene import possible_statuses_of
from mpnp_ros.importing.box import Box, statuses_at
from mpnp_ros.importing.nuscenes_categories import categories_of, status_of
from mpnp_ros.importing.nuscenes_tables import NuscenesTables, SceneTables, TableRecord

_LONGEST_STEP_S = 1.5   # between the annotations a speed is told from, as in the devkit


class NuscenesBoxes:
    """Make boxes of annotations."""

    def __init__(self, tables: NuscenesTables, scenes: SceneTables) -> None:
        self._tables = tables
        self._scenes = scenes
        self._by_sample: dict[str, list[TableRecord]] = {}
        for one in scenes.annotations.values():
            self._by_sample.setdefault(one.text('sample_token'), []).append(one)

    def boxes(self, sample_token: str, map_from_base: np.ndarray) -> list[Box]:
        """Return the boxes of a keyframe; raises DatasetError naming the record."""
        base_from_map = np.linalg.inv(map_from_base)
        return [self._box(one, base_from_map) for one in self._by_sample.get(sample_token, ())]

    def _box(self, annotation: TableRecord, base_from_map: np.ndarray) -> Box:
        scenes, look_up = self._scenes, self._tables.look_up
        instance = look_up(scenes.instances, annotation.text('instance_token'), annotation)
        label = look_up(scenes.categories, instance.text('category_token'), instance).text('name')
        width, length, height = map(float, annotation.numbers('size', 3))
        categories = categories_of(label)
        return Box(
            label=label, categories=categories, base_from_box=base_from_map @ annotation.pose(),
            size=(length, width, height),
            statuses=self._statuses(annotation, categories[0]) if len(categories) == 1 else None,
            points=annotation.number('num_lidar_pts') + annotation.number('num_radar_pts'))

    def _statuses(self, annotation: TableRecord, category: str) -> tuple[str, ...] | None:
        possible = possible_statuses_of(category)
        for token in annotation.texts('attribute_tokens'):
            attribute = self._tables.look_up(self._scenes.attributes, token, annotation)
            status = status_of(attribute.text('name'))
            if status in possible:
                return (status,)
        return statuses_at(category, self._speed(annotation))

    def _speed(self, annotation: TableRecord) -> float:
        """Return the speed over ground between the neighbouring keyframes, m/s, or NaN."""
        around = [self._scenes.annotations[token] for token in (
            annotation.text('prev'), annotation.text('next'))
            if token in self._scenes.annotations]
        if not around:
            return math.nan
        first, last = (around[0], annotation) if len(around) == 1 and annotation.text('prev') \
            else (annotation, around[0]) if len(around) == 1 else around
        step_s = (self._stamp_ns(last) - self._stamp_ns(first)) / 1e9
        if not 0.0 < step_s <= _LONGEST_STEP_S * len(around):
            return math.nan
        way = last.numbers('translation', 3)[:2] - first.numbers('translation', 3)[:2]
        return float(np.hypot(*way)) / step_s

    def _stamp_ns(self, annotation: TableRecord) -> int:
        sample = self._tables.look_up(
            self._scenes.sample, annotation.text('sample_token'), annotation)
        return sample.stamp_ns()
