# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Pictures and rays agree with the truth of a moment, whatever the conditions."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from mpnp_ros.world.conditions import Conditions
from mpnp_ros.world.journey import Journey, MOMENT_S
from mpnp_ros.world.sensing.rig import SensingRig
from mpnp_ros.world.sensors import six_cameras
from mpnp_ros.world.simulator import Simulator
from mpnp_ros.world.vehicle import Vehicle

pytestmark = pytest.mark.usefixtures('graphics')
SEED = 23
CAMERAS = {camera.name: camera for camera in six_cameras(160, 90)}
VEHICLE = Vehicle(tuple(CAMERAS.values()), SensingRig())
MOST_GEOMS = 2000


def look(**conditions):
    """Return what the cameras give in one scene under some conditions."""
    journey = Journey.from_seed(SEED, Conditions(**conditions), layout='crossing')
    return next(journey.captures(VEHICLE))


@pytest.fixture(scope='module')
def day(graphics):
    """Return the moment on a clear day."""
    return look()


def pixels(capture) -> int:
    return sum(sum(one.pixels.values()) for one in capture.truth.objects)


def brightness(capture) -> float:
    return float(np.mean([picture.image.mean() for picture in capture.pictures.values()]))


def test_a_box_in_a_picture_covers_the_pixels_of_its_object(day) -> None:
    checked = 0
    for one in day.truth.objects:
        for name, picture in day.pictures.items():
            rows, columns = np.nonzero(picture.segments == one.actor)
            corners, depth = CAMERAS[name].project(one.box.corners())
            if not len(rows) or (depth < 0.2).any():
                continue
            (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
            inside = ((columns >= left - 1.0) & (columns <= right + 1.0)
                      & (rows >= top - 1.0) & (rows <= bottom + 1.0))
            assert inside.all(), (one.kind, name)
            checked += 1
    assert checked > 10


def test_pixels_are_counted_camera_by_camera(day) -> None:
    for one in day.truth.objects:
        for name, count in one.pixels.items():
            picture = day.pictures[name]
            assert count == np.sum((picture.segments == one.actor) & picture.seen)
    assert len({name for one in day.truth.objects for name in one.pixels}) >= 4


def test_a_seed_gives_one_set_of_pictures(day) -> None:
    again = look()
    assert again.truth == day.truth
    for name, picture in day.pictures.items():
        assert np.array_equal(picture.image, again.pictures[name].image)


def test_night_is_darker_than_day_and_shows_less(day) -> None:
    night = look(light='night')
    assert brightness(night) < 0.65 * brightness(day)
    assert 0 < pixels(night) < pixels(day)


def test_lamps_shine_at_night() -> None:
    assert max(picture.image.max() for picture in look(light='night').pictures.values()) == 255


def test_fog_hides_what_is_far(day) -> None:
    fog = look(fog=1.0)
    far, near = [], []
    for clear, hidden in zip(day.truth.objects, fog.truth.objects):
        distance = np.hypot(clear.box.pose.x, clear.box.pose.y)
        share = sum(hidden.pixels.values()) / max(sum(clear.pixels.values()), 1)
        if sum(clear.pixels.values()) >= 10:
            (far if distance > 32.0 else near if distance < 12.0 else []).append(share)
    assert max(far) == 0.0 and min(near) > 0.9


def test_a_dead_camera_gives_no_picture_and_is_named(day) -> None:
    given = look(dead=('camera back',))
    assert set(day.pictures) - set(given.pictures) == {'back'}
    assert 'dead camera back' in given.truth.conditions
    assert not any('back' in one.pixels for one in given.truth.objects)


def test_a_dirty_lens_spoils_one_picture_only(day) -> None:
    given = look(dirty=('front',), dirt=1.0)
    changed = {name for name, picture in day.pictures.items()
               if not np.array_equal(picture.image, given.pictures[name].image)}
    assert changed == {'front'} and not given.pictures['front'].seen.all()


def test_a_scene_is_built_from_a_bounded_number_of_parts() -> None:
    journey = Journey.from_seed(SEED, layout='crossing')
    assert journey.scene.spec().compile().ngeom < MOST_GEOMS


def test_rays_in_sectors_meet_what_single_rays_meet() -> None:
    journey = Journey.from_seed(SEED, Conditions(), layout='crossing')
    ego = journey.motion(MOMENT_S).pose
    rng = np.random.default_rng(0)
    rays = rng.standard_normal((1500, 3)) * [1.0, 1.0, 0.15]
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    origin = np.array([ego.x, ego.y, 1.8])
    with Simulator(journey.scene, VEHICLE.cameras) as simulator:
        simulator.move(ego, MOMENT_S)
        together = simulator.cast(origin, rays, 60.0)
        few = [simulator.cast(origin, rays[start:start + 300], 60.0)
               for start in range(0, 1500, 300)]
    for field in dataclasses.fields(together):
        apart = np.concatenate([getattr(one, field.name) for one in few])
        assert np.array_equal(getattr(together, field.name), apart, equal_nan=True), field.name
    assert together.met.mean() > 0.5 and (together.actor >= 0).any()


def test_a_ray_through_a_pixel_meets_the_pixels_object(day) -> None:
    journey = Journey.from_seed(SEED, Conditions(), layout='crossing')
    ego = journey.motion(MOMENT_S).pose
    with Simulator(journey.scene, VEHICLE.cameras) as simulator:
        simulator.move(ego, MOMENT_S)
        for name, picture in day.pictures.items():
            rows, columns = np.nonzero(picture.segments >= 0)
            if not len(rows):
                continue
            world_from_camera = ego.matrix() @ CAMERAS[name].base_from_sensor
            pixel = np.column_stack([columns, rows, np.ones_like(rows)])
            rays = pixel @ np.linalg.inv(CAMERAS[name].intrinsics).T @ world_from_camera[:3, :3].T
            rays /= np.linalg.norm(rays, axis=1, keepdims=True)
            hits = simulator.cast(world_from_camera[:3, 3], rays, 100.0)
            assert np.mean(hits.actor == picture.segments[rows, columns]) > 0.85, name
