# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The drives in a folder of a data set, whatever its layout, each built when it is due."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mpnp_ros.importing.channels import Channels
from mpnp_ros.importing.directory import directory_drive
from mpnp_ros.importing.drive import Drive
from mpnp_ros.importing.error import DatasetError
from mpnp_ros.importing.kitti_object import object_drive, object_drives, SPLITS
from mpnp_ros.importing.kitti_raw import raw_drive, raw_drive_folders
from mpnp_ros.importing.nuscenes import NuscenesDataset
from mpnp_ros.importing.nuscenes_keyframe import FRAME, keyframe_drive


@dataclass(frozen=True)
class Source:
    """A drive to be: `build` reads what describes it and raises DatasetError."""

    name: str
    build: Callable[[], Drive]


def nuscenes_sources(
    root: Path, channels: Channels, version: str = '', scenes: Collection[str] = (),
    keyframes_only: bool = False,
) -> list[Source]:
    """Return the scenes of nuScenes, or its keyframe where the folder holds only that.

    Raises DatasetError where the tables cannot be read.
    """
    if (root / FRAME).exists():
        return [Source(root.resolve().name, lambda: keyframe_drive(root, channels))]
    dataset = NuscenesDataset(
        root, version, channels=channels, keyframes_only=keyframes_only)
    return [Source(name, partial(dataset.drive, name)) for name in dataset.names(scenes)]


def kitti_sources(root: Path, channels: Channels) -> list[Source]:
    """Return the raw drives in or below a folder, or the frames of the object benchmark.

    Raises DatasetError where there is neither.
    """
    found = [Source(folder.name, partial(raw_drive, folder, channels))
             for folder in raw_drive_folders(root)]
    splits = [root] if root.name in SPLITS else [root / name for name in SPLITS]
    for folder in splits:
        if (folder / 'calib').is_dir():
            found += [Source(one.name, partial(object_drive, one, channels))
                      for one in object_drives(folder)]
    if not found:
        raise DatasetError(root, 'no KITTI: expected raw drives (<date>/<date>_drive_<number>_'
                           'sync), or training/calib of the object benchmark')
    return found


def directory_sources(root: Path, channels: Channels) -> list[Source]:
    """Return the folder of own data as a drive."""
    return [Source(root.resolve().name, lambda: directory_drive(root, channels))]
