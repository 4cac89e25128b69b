# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A recorded journey holds what every sensor gave, and the truth of each moment."""

from __future__ import annotations

import numpy as np
import pytest
from rosbags.rosbag2 import Reader

from mpnp_ros.encoders.compressed_image import decode_compressed_image
from mpnp_ros.evaluation.bags.typestore import typestore
from mpnp_ros.evaluation.pictures.annotation import read_annotations
from mpnp_ros.world.conditions import Conditions
from mpnp_ros.world.journey import Journey
from mpnp_ros.world.recording import (
    APART_S, BAG, image_topic, info_topic, record_journeys, record_scenes, recorders, TRUTH)
from mpnp_ros.world.truth_file import read_truth
from mpnp_ros.world.vehicle import Vehicle

pytestmark = pytest.mark.usefixtures('graphics')
START_NS = 1_700_000_000_000_000_000
TIMES = (0.0, 0.5)
SMALL = Vehicle.standard(160, 90)


@pytest.fixture(scope='module')
def recording(graphics, tmp_path_factory):
    """Return the directory of two short journeys, the second with a dead back camera."""
    directory = tmp_path_factory.mktemp('world') / 'drive'
    record_journeys(
        directory,
        [Journey.from_seed(3, Conditions()),
         Journey.from_seed(4, Conditions('dusk', dead=('camera back',)))],
        SMALL, TIMES, START_NS)
    return directory


def messages(directory):
    """Return topic, stamp and message of everything in the bag."""
    with Reader(directory / BAG) as reader:
        return [(connection.topic, stamp_ns,
                 typestore().deserialize_cdr(data, connection.msgtype))
                for connection, stamp_ns, data in reader.messages()]


def test_every_sensor_has_its_topics(recording) -> None:
    expected = {topic for recorder in recorders(SMALL) for topic in recorder.topics}
    found = {topic for topic, _, _ in messages(recording)}
    assert found == expected | {'/tf_static'}
    assert len([topic for topic in found if topic.startswith('/camera_')]) == 12


def test_stamps_are_those_of_the_moments(recording) -> None:
    stamps = [stamp for topic, stamp, _ in messages(recording) if topic == image_topic('front')]
    assert stamps == [START_NS + round((begin + time_s) * 1e9)
                      for begin in (0.0, APART_S) for time_s in TIMES]
    assert [moment.stamp_ns for moment in read_truth(recording / TRUTH)] == stamps


def test_a_dead_camera_publishes_nothing(recording) -> None:
    stamps = [stamp for topic, stamp, _ in messages(recording) if topic == image_topic('back')]
    assert len(stamps) == len(TIMES) and max(stamps) < START_NS + APART_S * 1e9


def test_pictures_have_the_size_and_intrinsics_of_their_camera(recording) -> None:
    found = {topic: message for topic, _, message in messages(recording)}
    for camera in SMALL.cameras:
        info = found[info_topic(camera.name)]
        assert np.allclose(info.k.reshape(3, 3), camera.intrinsics)
        assert info.header.frame_id == camera.frame_id
        image = decode_compressed_image(found[image_topic(camera.name)])
        assert image.shape == (camera.height, camera.width, 3)


def test_transforms_are_those_of_all_sensors(recording) -> None:
    [transforms] = [m for topic, _, m in messages(recording) if topic == '/tf_static']
    assert {t.child_frame_id for t in transforms.transforms} == {
        frame for frame, _ in SMALL.frames()}


def test_boxes_are_annotated_for_the_viewers(recording) -> None:
    arrays = [m for topic, _, m in messages(recording) if topic == '/annotations']
    truths = [moment.truth for moment in read_truth(recording / TRUTH)]
    for array, truth in zip(arrays, truths, strict=True):
        seen = [one.kind for one in truth.objects if one.pixels or one.hits or one.echoes]
        assert [box.kind for box in read_annotations(array)] == seen


def test_the_truth_survives_the_file(recording) -> None:
    moments = read_truth(recording / TRUTH)
    assert [moment.seed for moment in moments] == [3, 3, 4, 4]
    journey = Journey.from_seed(4, Conditions('dusk', dead=('camera back',)))
    [_, again] = journey.captures(SMALL, TIMES)
    assert moments[3].truth == again.truth


def test_a_broken_line_of_truth_is_named(tmp_path) -> None:
    path = tmp_path / TRUTH
    path.write_text('{"stamp_ns": 1}\n')
    with pytest.raises(ValueError, match='line 1: not a truth'):
        read_truth(path)


def test_a_recording_is_never_written_over(recording) -> None:
    with pytest.raises(FileExistsError, match='never written over'):
        record_journeys(recording, [], SMALL)


def test_processes_do_not_change_a_recording(tmp_path) -> None:
    seeds = range(60, 62)
    told: list[tuple[int, int]] = []
    [alone] = record_scenes(tmp_path / 'alone', seeds, SMALL,
                            progress=lambda *done: told.append(done))
    [beside] = record_scenes(tmp_path / 'beside', seeds, SMALL, processes=2)
    assert told == [(2, 2)]
    assert (alone / TRUTH).read_bytes() == (beside / TRUTH).read_bytes()
    for one, other in zip(messages(alone), messages(beside)):
        assert one[:2] == other[:2]
        if hasattr(one[2], 'data'):
            assert np.array_equal(one[2].data, other[2].data)
