# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Scenes, drives and recordings follow from their seeds."""

import numpy as np
import pytest

from mpnp_ros.world import demo_plan
from mpnp_ros.world.bag import read_bag
from mpnp_ros.world.dataset import BAG, frame_of, QUESTIONS, record_scenes
from mpnp_ros.world.drive import Drive
from mpnp_ros.world.question_file import read_questions
from mpnp_ros.world.scene import ego_box, Scene


def test_a_seed_gives_one_scene() -> None:
    assert Scene.from_seed(3) == Scene.from_seed(3)
    assert Scene.from_seed(3) != Scene.from_seed(4)


@pytest.mark.usefixtures('graphics')
def test_a_seed_gives_one_frame() -> None:
    first, second = frame_of(12), frame_of(12)
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.points, second.points)
    assert first.sightings == second.sightings


@pytest.mark.usefixtures('graphics')
def test_processes_do_not_change_a_recording(tmp_path) -> None:
    seeds = range(70, 73)
    [alone] = record_scenes(tmp_path / 'alone', seeds)
    [beside] = record_scenes(tmp_path / 'beside', seeds, processes=2)
    assert (alone / QUESTIONS).read_bytes() == (beside / QUESTIONS).read_bytes()
    for one, other in zip(read_bag(alone / BAG).moments, read_bag(beside / BAG).moments):
        assert np.array_equal(one.image.data, other.image.data)
        assert np.array_equal(one.cloud.data, other.cloud.data)


@pytest.mark.usefixtures('graphics')
def test_a_recording_that_is_there_is_kept(tmp_path) -> None:
    [part] = record_scenes(tmp_path, range(2))
    written = (part / QUESTIONS).stat().st_mtime_ns
    assert read_questions(part / QUESTIONS)
    record_scenes(tmp_path, range(2))
    assert (part / QUESTIONS).stat().st_mtime_ns == written


def test_the_ego_touches_nothing_on_the_demo_drive() -> None:
    drive = demo_plan.DRIVE
    for time_s in np.arange(0.0, drive.duration_s + 0.01, 0.1):
        ego = ego_box(drive.pose(float(time_s)))
        for actor in drive.scene().actors:
            assert not actor.box(float(time_s)).overlaps(ego), (time_s, actor.kind)


def test_a_drive_ends_at_rest_after_its_length() -> None:
    drive = Drive(seed=1, duration_s=10.0, speed=5.0, braking_s=4.0)
    assert drive.pose(10.0).x == pytest.approx(drive.length) == 40.0
    assert drive.pose(10.0).x - drive.pose(9.9).x < 0.02
    assert drive.times[0] == 0.0 and drive.times[-1] == 10.0


def test_training_and_held_out_seeds_share_nothing() -> None:
    training, held_out = set(demo_plan.TRAIN_SEEDS), set(demo_plan.HELD_OUT_SEEDS)
    assert not training & held_out
    assert demo_plan.DRIVE.seed not in training | held_out
