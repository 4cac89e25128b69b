# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A tiny nuScenes in its official layout: the tables, pictures of 8x8, sweeps of three points."""

from __future__ import annotations

from collections.abc import Callable
import json
import math
from pathlib import Path
from typing import Any

from import_pictures import picture, write
import numpy as np

VERSION = 'v1.0-mini'
START_US = 1_532_402_927_600_000
STEP_US = 500_000
INTRINSICS = [[1266.4, 0.0, 816.3], [0.0, 1266.4, 491.5], [0.0, 0.0, 1.0]]
# Optical frame (x right, y down, z ahead) looking ahead; the lidar's y points ahead.
CAMERA_ROTATION = [0.5, -0.5, 0.5, -0.5]
LIDAR_ROTATION = [math.sqrt(0.5), 0.0, 0.0, -math.sqrt(0.5)]
SENSORS = (
    ('CAM_FRONT', 'camera', [1.7, 0.0, 1.5], CAMERA_ROTATION, INTRINSICS),
    ('LIDAR_TOP', 'lidar', [0.9, 0.0, 1.8], LIDAR_ROTATION, []),
    ('RADAR_FRONT', 'radar', [3.4, 0.0, 0.5], [1.0, 0.0, 0.0, 0.0], []))
SCENES = (('scene-0061', 'Parked truck, turn left'), ('scene-1077', 'Night, rain, big street'))
RADAR_FIELDS = (
    'x y z dyn_prop id rcs vx vy vx_comp vy_comp is_quality_valid ambig_state x_rms y_rms '
    'invalid_state pdh0 vx_rms vy_rms')
RADAR_SIZES = '4 4 4 1 2 4 4 4 4 4 1 1 1 1 1 1 1 1'
RADAR_TYPES = 'F F F I I F F F F F I I I I I I I I'
POINTS = np.array([[1, 2, 3, 40, 0], [4, 5, 6, 50, 7], [7, 8, 9, 60, 31]], dtype='<f4')
# By keyframe in the map, of a vehicle at (100, 200) that looks along the map's y.
BOXES = (
    ('vehicle.car', 'vehicle.moving', [100.0, 220.0, 1.0]),
    ('vehicle.truck', 'vehicle.parked', [110.0, 200.0, 1.0]),
    ('human.pedestrian.adult', 'pedestrian.standing', [90.0, 195.0, 1.0]),
    ('movable_object.barrier', '', [100.0, 190.0, 0.5]),
    ('vehicle.bicycle', 'cycle.with_rider', [95.0, 215.0, 1.0]),
    ('animal', '', [101.0, 201.0, 0.2]))


def radar_file(points: np.ndarray) -> bytes:
    """Return a .pcd as nuScenes has it."""
    count = len(points)
    header = (
        f'# .PCD v0.7 - Point Cloud Data file format\nVERSION 0.7\nFIELDS {RADAR_FIELDS}\n'
        f'SIZE {RADAR_SIZES}\nTYPE {RADAR_TYPES}\nCOUNT {" ".join("1" * 18)}\nWIDTH {count}\n'
        f'HEIGHT 1\nVIEWPOINT 0 0 0 1 0 0 0\nPOINTS {count}\nDATA binary\n')
    return header.encode() + points.tobytes()


def radar_points(count: int = 2) -> np.ndarray:
    """Return points of a radar."""
    names, sizes, kinds = (text.split() for text in (RADAR_FIELDS, RADAR_SIZES, RADAR_TYPES))
    points = np.zeros(count, dtype=[
        (name, f'<{kind.lower()}{size}') for name, size, kind in zip(names, sizes, kinds)])
    points['x'], points['id'], points['vx_comp'] = np.arange(count) + 10.5, 300, -1.5
    return points


class StagedNuscenes:
    """The data set on disk; `change` edits a table, `file` finds a sensor's file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._tables: dict[str, list[dict[str, Any]]] = {name: [] for name in (
            'sensor', 'calibrated_sensor', 'scene', 'sample', 'sample_data', 'ego_pose',
            'sample_annotation', 'instance', 'category', 'attribute', 'visibility', 'log', 'map')}
        for channel, modality, translation, rotation, intrinsic in SENSORS:
            self._add('sensor', f's-{channel}', channel=channel, modality=modality)
            self._add('calibrated_sensor', f'c-{channel}', sensor_token=f's-{channel}',
                      translation=translation, rotation=rotation, camera_intrinsic=intrinsic)
        for category, attribute, _ in BOXES:
            self._add('category', f'k-{category}', name=category, description='')
            self._add('instance', f'i-{category}', category_token=f'k-{category}')
            if attribute:
                self._add('attribute', f'a-{attribute}', name=attribute)
        for index, (name, description) in enumerate(SCENES):
            self._add_scene(index, name, description)
        for name in self._tables:
            self._write(name)

    def change(self, table: str, edit: Callable[[list[dict[str, Any]]], object]) -> None:
        """Edit the records of a table."""
        edit(self._tables[table])
        self._write(table)

    def file(self, channel: str, index: int = 0) -> Path:
        """Return a file of a sensor, in the order of time over all scenes."""
        return self.root / [one['filename'] for one in self._tables['sample_data']
                            if f'/{channel}/' in one['filename']][index]

    def _add_scene(self, index: int, name: str, description: str) -> None:
        self._add('scene', f'scene{index}', name=name, description=description, log_token='log',
                  nbr_samples=2)
        for keyframe in range(2):
            sample = f'sample{index}{keyframe}'
            stamp = START_US + index * 60_000_000 + keyframe * STEP_US
            self._add('sample', sample, timestamp=stamp, scene_token=f'scene{index}', prev='',
                      next='')
            for channel, modality, *_ in SENSORS:
                early = {'camera': 30_000, 'lidar': 0, 'radar': 10_000}[modality]
                self._add_data(sample, channel, modality, stamp - early, keyframe=True)
            if keyframe == 0:   # a sweep belongs to the keyframe that follows it
                self._add_data(f'sample{index}1', 'LIDAR_TOP', 'lidar', stamp + 50_000,
                               keyframe=False)
            for number, (category, attribute, place) in enumerate(BOXES):
                token = f'{sample}-{number}'
                self._add(
                    'sample_annotation', token, sample_token=sample,
                    instance_token=f'i-{category}', visibility_token='4',
                    attribute_tokens=[f'a-{attribute}'] if attribute else [],
                    translation=[place[0], place[1] + 5.0 * keyframe * (number == 0), place[2]],
                    size=[2.0, 4.0, 1.5], rotation=[1.0, 0.0, 0.0, 0.0], num_lidar_pts=20,
                    num_radar_pts=1, prev=f'sample{index}0-{number}' if keyframe else '',
                    next='' if keyframe else f'sample{index}1-{number}')

    def _add_data(self, sample: str, channel: str, modality: str, stamp: int, *, keyframe: bool
                  ) -> None:
        ending = {'camera': 'jpg', 'lidar': 'pcd.bin', 'radar': 'pcd'}[modality]
        name = f'{"samples" if keyframe else "sweeps"}/{channel}/{channel}__{stamp}.{ending}'
        write(self.root / name, {
            'camera': picture, 'lidar': POINTS.tobytes,
            'radar': lambda: radar_file(radar_points())}[modality]())
        half = math.sqrt(0.5)
        self._add('ego_pose', f'p{channel}{stamp}', timestamp=stamp,
                  translation=[100.0, 200.0, 0.0], rotation=[half, 0.0, 0.0, half])
        self._add('sample_data', f'd{channel}{stamp}', sample_token=sample,
                  ego_pose_token=f'p{channel}{stamp}', calibrated_sensor_token=f'c-{channel}',
                  timestamp=stamp, fileformat=ending, is_key_frame=keyframe, height=8, width=8,
                  filename=name, prev='', next='')

    def _add(self, table: str, token: str, **fields: Any) -> None:
        self._tables[table].append({'token': token, **fields})

    def _write(self, table: str) -> None:
        write(self.root / VERSION / f'{table}.json', json.dumps(self._tables[table], indent=0))
