# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A folder of own data: a camera with stamps in the names, a lidar with a list of stamps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from import_pictures import picture, write
import numpy as np
import yaml

START_NS = 1_700_000_000_000_000_000
STEP_NS = 100_000_000
FRAMES = 2
MOUNT = [[0, 0, 1, 1.5], [-1, 0, 0, 0.2], [0, -1, 0, 1.2], [0, 0, 0, 1]]
BOXES: tuple[dict[str, Any], ...] = (
    {'category': 'car', 'centre': [20.0, 0.0, 0.8], 'status': 'parked'},
    {'category': 'pedestrian', 'centre': [10.0, 8.0, 0.9], 'speed': 1.4},
    {'category': 'truck', 'centre': [5.0, 1.0, 1.0], 'frame': 'lidar_top', 'status': 'moving'},
    {'category': 'hydrant', 'centre': [3.0, -3.0, 0.4]})


def description() -> dict[str, Any]:
    """Return what dataset.yaml says."""
    return {
        'name': 'yard', 'condition': 'fog', 'poses': 'poses.csv', 'boxes': 'boxes.jsonl',
        'sensors': {
            'front': {
                'type': 'camera', 'files': 'images/*.png', 'unit': 'us',
                'transform': {'matrix': MOUNT}, 'intrinsics': [500.0, 510.0, 4.0, 3.0],
                'distortion': {'coefficients': [0.1, 0.0, 0.0, 0.0, 0.0]}},
            'top': {
                'type': 'lidar', 'frame': 'lidar_top', 'topic': '/velodyne_points',
                'files': 'points/*.npy', 'stamps': 'points/stamps.csv', 'unit': 's',
                'columns': ['x', 'y', 'z', 'intensity', 'ring'],
                'transform': {'translation': [1.0, 0.0, 2.0], 'rotation': [0, 0, 0, 1]}}}}


def stage_directory(root: Path) -> Path:
    """Write the folder."""
    lines = []
    for frame in range(FRAMES):
        stamp = START_NS + frame * STEP_NS
        write(root / 'images' / f'frame_{stamp // 1000}.png', picture('PNG'))
        (root / 'points').mkdir(exist_ok=True)
        np.save(root / 'points' / f'{frame}.npy', np.arange(10.0).reshape(2, 5) + frame)
        lines.append(f'{frame}.npy,{stamp // 10 ** 9}.{stamp % 10 ** 9:09d}')
    write(root / 'points' / 'stamps.csv', 'file,stamp\n' + '\n'.join(lines) + '\n')
    write(root / 'poses.csv', 'stamp_ns,x,y,z,qx,qy,qz,qw\n' + ''.join(
        f'{START_NS + frame * STEP_NS},{frame},0,0,0,0,0,1\n' for frame in range(FRAMES)))
    write_boxes(root, BOXES)
    describe(root, description())
    return root


def describe(root: Path, given: Any) -> None:
    """Write dataset.yaml."""
    write(root / 'dataset.yaml', yaml.safe_dump(given))


def write_boxes(root: Path, boxes: tuple[dict[str, Any], ...]) -> None:
    """Write the boxes of the first moment."""
    write(root / 'boxes.jsonl', ''.join(json.dumps(
        {'stamp_ns': START_NS, 'size': [4.0, 2.0, 1.6], 'yaw': 0.0, 'points': 30, **box}) + '\n'
        for box in boxes))
