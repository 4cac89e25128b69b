# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What goes into a bag: messages that survive serialising, in order, none twice."""

from __future__ import annotations

from box_world import around, seen
import numpy as np
import pytest

from mpnp_ros.evaluation.bags.typestore import typestore
from mpnp_ros.world.geometry import Pose
from mpnp_ros.world.sensing.recorder import audio, SensingRecorder
from mpnp_ros.world.sensing.rig import Instant, Observation, SensingRig
from mpnp_ros.world.truth import EgoMotion

START_NS = 1_700_000_000_000_000_000
OBJECTS = (seen('car', 12.0, 2.0, velocity=(-4.0, 0.0), sound='engine', actor=0),
           seen('truck', 3.0, 12.0, sound='siren', actor=1))


def motion(time_s: float) -> EgoMotion:
    return EgoMotion(Pose(0.0, 0.0), speed=6.0, yaw_rate=0.1)


def observe(rig: SensingRig, time_s: float, previous_s: float | None = None,
            seed: int = 8) -> Observation:
    return rig.observe(Instant(time_s, motion, OBJECTS, around(OBJECTS), seed, previous_s))


def test_every_message_survives_serialising_as_its_topic_says(rig: SensingRig) -> None:
    recorder = SensingRecorder(rig, START_NS)
    recorded = list(recorder.record(observe(rig, 2.0)))
    assert {topic for topic, _, _ in recorded} == set(recorder.topics)
    for topic, stamp_ns, message in recorded:
        kind = recorder.topics[topic]
        again = typestore().deserialize_cdr(typestore().serialize_cdr(message, kind), kind)
        stamp = again.header.stamp
        assert stamp.sec * 10**9 + stamp.nanosec == stamp_ns
        assert again.header.frame_id == topic.split('/')[1]


def test_messages_come_in_the_order_of_their_stamps_and_end_at_the_instant(
    rig: SensingRig
) -> None:
    stamps = [stamp for _, stamp, _ in SensingRecorder(rig, START_NS).record(observe(rig, 2.0))]
    assert stamps == sorted(stamps)
    assert stamps[-1] == START_NS + 2 * 10**9
    assert stamps[0] == START_NS + 10**9 + 10**7   # inertial readings of the second before


def test_inertial_readings_are_given_once_each_over_a_drive(rig: SensingRig) -> None:
    recorder = SensingRecorder(rig, START_NS)
    stamps = [
        stamp for before, now in ((None, 0.0), (0.0, 0.5), (0.5, 1.0))
        for topic, stamp, _ in recorder.record(observe(rig, now, before)) if topic == '/imu/data']
    assert len(stamps) == 200
    assert set(np.diff(stamps)) == {10**7}


def test_radar_fields_are_those_of_nuscenes(rig: SensingRig) -> None:
    messages = {topic: message for topic, _, message in
                SensingRecorder(rig, START_NS).record(observe(rig, 0.0))}
    names = [field.name for field in messages['/radar_front/points'].fields]
    assert names == ['x', 'y', 'z', 'dyn_prop', 'rcs', 'vx', 'vy', 'vx_comp', 'vy_comp']


def test_sound_is_written_sample_after_sample() -> None:
    samples = np.arange(6, dtype=np.int16).reshape(3, 2)
    message = audio(samples, 16000, 'roof', 5)
    assert (message.sample_rate, message.channels) == (16000, 2)
    assert message.data.tolist() == [0, 1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match='300 channels'):
        audio(np.zeros((2, 300), np.int16), 16000, 'roof', 5)


def test_the_same_instant_gives_the_same_bytes_and_another_seed_others(rig: SensingRig) -> None:
    def written(seed: int) -> dict[str, list[bytes]]:
        recorder = SensingRecorder(rig, START_NS)
        found: dict[str, list[bytes]] = {}
        for topic, _, message in recorder.record(observe(rig, 1.0, seed=seed)):
            found.setdefault(topic, []).append(
                bytes(typestore().serialize_cdr(message, recorder.topics[topic])))
        return found
    first, again, other = written(1), written(1), written(2)
    assert first == again
    for topic in ('/lidar_top/points', '/radar_front/points', '/imu/data', '/microphones/audio'):
        assert first[topic] != other[topic]


def test_objects_come_back_with_what_each_sensor_got_of_them(rig: SensingRig) -> None:
    observation = observe(rig, 1.0)
    car, truck = observation.objects
    assert car.hits == int(np.sum(observation.sweeps['lidar_top'].owners == 0)) > 0
    assert truck.hits > car.hits
    assert car.echoes == sum(
        int(np.sum(one.owners == 0)) for one in observation.scans.values()) > 0
    assert truck.level_db > car.level_db > 0.0
