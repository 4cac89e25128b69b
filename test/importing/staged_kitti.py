# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A tiny KITTI: a raw drive of three frames, and three frames of the object benchmark."""

from __future__ import annotations

from pathlib import Path

from import_pictures import picture, write
import numpy as np

DATE = '2011_09_26'
DRIVE = f'{DATE}_drive_0001_sync'
FRAMES = 3
SIZE = (16, 8)
START_NS = 1_317_042_145_964_389_445   # 2011-09-26 13:02:25.964389445, taken as UTC
FOCAL, MIDDLE_X, MIDDLE_Y = 700.0, 600.0, 180.0
BASELINE_M = 0.06   # of camera 2, to the left of camera 0
LATITUDE, LONGITUDE = 49.0, 8.4

# The camera's x is the lidar's -y, its y the lidar's -z, its z the lidar's x.
CAMERA_FROM_VELODYNE = '0 -1 0 0 0 -1 1 0 0'
CAR = '{type} 0.00 {occluded} -1.57 {left} 170.00 {right} 200.00 1.50 1.80 4.00 {x} {y} {z} {turn}'


def _projection(shift_m: float) -> str:
    return (f'{FOCAL} 0 {MIDDLE_X} {FOCAL * shift_m} 0 {FOCAL} {MIDDLE_Y} 0 0 0 1 0')


def points_around(*centres: tuple[float, float, float]) -> np.ndarray:
    """Return ten points about each place [P, 4], and some far off."""
    cloud = [(x + 0.1 * step, y, z, 0.5) for x, y, z in centres for step in range(-5, 5)]
    return np.array([*cloud, (60.0, 30.0, 0.0, 0.1)], dtype='<f4')


def oxts(seconds: float, latitude: float = LATITUDE) -> str:
    """Return a packet of a vehicle that looks east and drives 10 m/s."""
    east_deg = 10.0 * seconds / (6378137.0 * np.cos(np.radians(LATITUDE))) * 180.0 / np.pi
    values = [latitude, LONGITUDE + east_deg, 112.0, 0.0, 0.0, 0.0, 0.0, 10.0, 10.0, 0.0, 0.0,
              0.1, 0.2, 9.8, 0.1, 0.2, 9.8, 0.01, 0.02, 0.03, 0.01, 0.02, 0.03, 0.5, 0.1,
              4, 10, 4, 4, 0]
    return ' '.join(repr(float(value)) for value in values)


def tracklets(*tracks: tuple[str, int, list[tuple[float, float, float]], int]) -> str:
    """Return tracklet_labels.xml: label, first frame, bottoms in the lidar's frame, occlusion."""
    items = []
    for label, first, bottoms, occlusion in tracks:
        poses = ''.join(
            f'<item><tx>{x}</tx><ty>{y}</ty><tz>{z}</tz><rx>0</rx><ry>0</ry><rz>0.0</rz>'
            f'<state>1</state><occlusion>{occlusion}</occlusion></item>' for x, y, z in bottoms)
        items.append(
            f'<item><objectType>{label}</objectType><h>1.5</h><w>1.8</w><l>4.0</l>'
            f'<first_frame>{first}</first_frame><poses><count>{len(bottoms)}</count>{poses}'
            '</poses><finished>1</finished></item>')
    return ('<?xml version="1.0" encoding="UTF-8"?><boost_serialization><tracklets>'
            f'<count>{len(items)}</count>{"".join(items)}</tracklets></boost_serialization>')


def stage_raw_drive(root: Path) -> Path:
    """Write a drive with two cameras, lidar, oxts and tracks of a car and a pedestrian."""
    date, drive = root / DATE, root / DATE / DRIVE
    write(date / 'calib_imu_to_velo.txt',
          'calib_time: 25-May-2012\nR: 1 0 0 0 1 0 0 0 1\nT: -0.8 0.3 -0.8\n')
    write(date / 'calib_velo_to_cam.txt', f'R: {CAMERA_FROM_VELODYNE}\nT: 0 -0.08 -0.27\n')
    write(date / 'calib_cam_to_cam.txt', 'corner_dist: 9.95e-02\nR_rect_00: 1 0 0 0 1 0 0 0 1\n'
          + ''.join(f'S_rect_{digits}: {SIZE[0]} {SIZE[1]}\n'
                    f'P_rect_{digits}: {_projection(shift)}\n'
                    for digits, shift in (('00', 0.0), ('02', BASELINE_M))))
    for folder, late_ns in (('image_00', 20_000_000), ('image_02', 20_000_000),
                            ('velodyne_points', 0), ('oxts', 5_000_000)):
        stamps = []
        for frame in range(FRAMES):
            ns = START_NS + frame * 100_000_000 + late_ns
            stamps.append(f'2011-09-26 13:02:{25 + ns // 10 ** 9 - START_NS // 10 ** 9}.'
                          f'{ns % 10 ** 9:09d}')
            ending, data = {
                'velodyne_points': ('bin', points_around(
                    (10.0, 0.0, -1.0), (15.0 - frame, 2.0, -1.0)).tobytes()),
                'oxts': ('txt', oxts(0.1 * frame)),
            }.get(folder, ('png', picture('PNG', SIZE)))
            write(drive / folder / 'data' / f'{frame:010d}.{ending}', data)
        write(drive / folder / 'timestamps.txt', '\n'.join(stamps) + '\n')
    # The car drives as fast as the vehicle, and the pedestrian stands.
    write(drive / 'tracklet_labels.xml', tracklets(
        ('Car', 0, [(10.0, 0.0, -1.75)] * FRAMES, 0),
        ('Pedestrian', 0, [(15.0 - frame, 2.0, -1.75) for frame in range(FRAMES)], 0)))
    return drive


def stage_object(root: Path) -> Path:
    """Write the benchmark's folder: frames 0 and 2 share a calibration."""
    split = root / 'training'
    for frame, height in ((0, 0.0), (1, 0.01), (2, 0.0)):
        write(split / 'calib' / f'{frame:06d}.txt', ''.join(
            f'P{camera}: {_projection(BASELINE_M * (camera == 2))}\n' for camera in range(4))
            + 'R0_rect: 1 0 0 0 1 0 0 0 1\n'
            + 'Tr_velo_to_cam: 0 -1 0 0 0 0 -1 -0.08 1 0 0 -0.27\n'
            + f'Tr_imu_to_velo: 1 0 0 -0.8 0 1 0 0.3 0 0 1 {-0.8 + height}\n')
        write(split / 'image_2' / f'{frame:06d}.png', picture('PNG', SIZE))
        write(split / 'velodyne' / f'{frame:06d}.bin',
              points_around((20.27, 0.0, -1.0)).tobytes())
        write(split / 'label_2' / f'{frame:06d}.txt', '\n'.join([
            # Ahead of the camera, its bottom 1.65 m below it, seen from behind.
            CAR.format(type='Car', occluded=0, left=590, right=610, x=0.0, y=1.65, z=20.0,
                       turn=-1.5707963),
            CAR.format(type='Cyclist', occluded=0, left=300, right=310, x=-9.0, y=1.65, z=20.0,
                       turn=0.0)]) + '\n')
    return split
