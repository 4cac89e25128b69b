# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Journeys as bags: what all sensors of the vehicle gave, with the truth beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
import functools
from pathlib import Path
import shutil
from typing import Any, Protocol

from mpnp_ros import messages
from mpnp_ros.evaluation.bags.bag_writer import BagWriter
from mpnp_ros.importing.box import Box, markers, upright
from mpnp_ros.importing.drive import ANNOTATIONS_TOPIC
from mpnp_ros.world.journey import Capture, Journey, MOMENT_S
from mpnp_ros.world.messages import camera_info, compressed_image
from mpnp_ros.world.parallel import in_parts, Progress
from mpnp_ros.world.sensing.recorder import SensingRecorder
from mpnp_ros.world.sensors import BASE_FRAME, Camera
from mpnp_ros.world.truth_file import TruthAt, write_truth
from mpnp_ros.world.vehicle import Vehicle

BAG = 'bag'
TRUTH = 'truth.jsonl'
TRANSFORMS_TOPIC = '/tf_static'
SCENES_PER_PART = 25
APART_S = 4.0  # between the scenes of a bag
_TRANSFORMS = 'tf2_msgs/msg/TFMessage'
_MARKERS = 'visualization_msgs/msg/MarkerArray'


class Recorder(Protocol):
    """Turns what some sensors gave into messages."""

    @property
    def topics(self) -> Mapping[str, str]:
        """Return the type of message of each topic."""

    def record(self, capture: Capture, start_ns: int) -> Iterator[tuple[str, int, Any]]:
        """Yield topic, stamp in nanoseconds and message; time 0 of the journey is `start_ns`."""


@dataclass(frozen=True)
class CameraRecorder:
    """Pictures as JPEG with their CameraInfo; of a dead camera there is nothing."""

    cameras: tuple[Camera, ...]

    @property
    def topics(self) -> Mapping[str, str]:
        """Return the type of message of each topic."""
        return {
            topic: kind for camera in self.cameras for topic, kind in (
                (info_topic(camera.name), 'sensor_msgs/msg/CameraInfo'),
                (image_topic(camera.name), 'sensor_msgs/msg/CompressedImage'))}

    def record(self, capture: Capture, start_ns: int) -> Iterator[tuple[str, int, Any]]:
        """Yield topic, stamp in nanoseconds and message; time 0 of the journey is `start_ns`."""
        stamp_ns = start_ns + round(capture.truth.time_s * 1e9)
        for camera in self.cameras:
            if camera.name in capture.pictures:
                yield info_topic(camera.name), stamp_ns, camera_info(camera, stamp_ns)
                yield image_topic(camera.name), stamp_ns, compressed_image(
                    capture.pictures[camera.name].image, camera, stamp_ns)


@dataclass(frozen=True)
class OtherRecorder:
    """What all sensors gave that are no cameras."""

    vehicle: Vehicle

    @property
    def topics(self) -> Mapping[str, str]:
        """Return the type of message of each topic."""
        return SensingRecorder(self.vehicle.sensing, 0).topics

    def record(self, capture: Capture, start_ns: int) -> Iterator[tuple[str, int, Any]]:
        """Yield topic, stamp in nanoseconds and message; time 0 of the journey is `start_ns`."""
        yield from SensingRecorder(self.vehicle.sensing, start_ns).record(capture.observation)


@dataclass(frozen=True)
class AnnotationRecorder:
    """The boxes of what any sensor sees, as the viewers draw them."""

    @property
    def topics(self) -> Mapping[str, str]:
        """Return the type of message of each topic."""
        return {ANNOTATIONS_TOPIC: _MARKERS}

    def record(self, capture: Capture, start_ns: int) -> Iterator[tuple[str, int, Any]]:
        """Yield topic, stamp in nanoseconds and message; time 0 of the journey is `start_ns`."""
        stamp_ns = start_ns + round(capture.truth.time_s * 1e9)
        boxes = [
            Box(one.kind, (one.kind,), upright(
                (one.box.pose.x, one.box.pose.y, one.box.size[2] / 2.0), one.box.pose.yaw),
                one.box.size, (one.status,) if one.status else None, one.hits)
            for one in capture.truth.objects if one.pixels or one.hits or one.echoes]
        yield ANNOTATIONS_TOPIC, stamp_ns, markers(boxes, BASE_FRAME, stamp_ns)


def recorders(vehicle: Vehicle) -> tuple[Recorder, ...]:
    """Return what records all sensors of a vehicle, and the boxes of what they see."""
    return CameraRecorder(vehicle.cameras), OtherRecorder(vehicle), AnnotationRecorder()


def image_topic(camera: str) -> str:
    """Return the topic of a camera's pictures."""
    return f'/camera_{camera}/image_raw/compressed'


def info_topic(camera: str) -> str:
    """Return the topic of a camera's CameraInfo."""
    return f'/camera_{camera}/camera_info'


def record_journeys(
    directory: Path, journeys: Iterator[Journey] | Sequence[Journey], vehicle: Vehicle,
    times: Sequence[float] = (MOMENT_S,), start_ns: int = 0, apart_s: float = APART_S,
) -> None:
    """Write a new directory with a bag and the truth of its moments.

    One journey begins `apart_s` seconds after the other; each is looked at `times`. Raises
    FileExistsError where the directory exists, NoGraphics where nothing can be drawn.
    """
    if directory.exists():
        raise FileExistsError(f'{directory} exists already: a recording is never written over')
    unfinished = directory.with_name(directory.name + '.part')
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    given = recorders(vehicle)
    types = {topic: kind for recorder in given for topic, kind in recorder.topics.items()}
    moments = []
    with BagWriter(unfinished / BAG, latched=[TRANSFORMS_TOPIC]) as bag:
        bag.write_message(TRANSFORMS_TOPIC, _TRANSFORMS, start_ns, messages.transforms(
            start_ns, [(BASE_FRAME, *frame) for frame in vehicle.frames()]))
        for number, journey in enumerate(journeys):
            begin_ns = start_ns + round(number * apart_s * 1e9)
            for capture in journey.captures(vehicle, times):
                for recorder in given:
                    for topic, stamp_ns, message in recorder.record(capture, begin_ns):
                        bag.write_message(topic, types[topic], stamp_ns, message)
                stamp_ns = begin_ns + round(capture.truth.time_s * 1e9)
                moments.append(TruthAt(stamp_ns, journey.seed, capture.truth))
    write_truth(unfinished / TRUTH, moments)
    unfinished.rename(directory)


def record_scenes(
    directory: Path, seeds: Sequence[int], vehicle: Vehicle, processes: int = 1,
    progress: Progress | None = None,
) -> list[Path]:
    """Record one moment of each seed's journey and return the directories of the parts.

    A part that is there already is kept: an interrupted recording goes on where it stopped. The
    outcome does not depend on the number of processes. Raises NoGraphics where nothing can be
    drawn.
    """
    return in_parts(directory, seeds, SCENES_PER_PART,
                    functools.partial(_record_part, vehicle=vehicle), processes, progress)


def _record_part(part: Path, seeds: Sequence[int], vehicle: Vehicle) -> None:
    record_journeys(part, (Journey.from_seed(seed) for seed in seeds), vehicle)
