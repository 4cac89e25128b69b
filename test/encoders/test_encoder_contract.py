# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What every registered encoder keeps to; a new one is tested by being there."""

from __future__ import annotations

from array import array
from collections.abc import Callable
import copy
import dataclasses
import io
import math
from pathlib import Path
import re
from typing import Any

import numpy as np
from pictures import scene
from PIL import Image
import pytest
from sensor_messages import (
    audio,
    AudioData,
    AudioDataStamped,
    cloud,
    CompressedImage,
    image,
    imu,
    radar_cloud,
)
import torch

from mpnp_ros.core.latents import pack
from mpnp_ros.core.weights import WeightsMissing
from mpnp_ros.encoders.base import (
    checked_options,
    create,
    Encoder,
    encoder_class,
    InputError,
    names,
    View,
)
from mpnp_ros.encoders.camera import CameraEncoder
from mpnp_ros.encoders.kind_tokens import OF_ALL

GetEncoder = Callable[[str], Encoder]

CAMERAS = [name for name in names() if encoder_class(name).uses_camera_info]
GRIDS = [name for name in CAMERAS if issubclass(encoder_class(name), CameraEncoder)]
LARGEST_MESSAGE = 512 * 1024


def points(seed: int) -> np.ndarray:
    """Return a wall all around, 5 to 30 m away: [P, 4]."""
    random = np.random.default_rng(seed)
    azimuth = np.linspace(-math.pi, math.pi, 4000, endpoint=False)
    reach = 15 + 10 * np.sin(3 * azimuth + seed)
    return np.stack([reach * np.cos(azimuth), reach * np.sin(azimuth),
                     random.uniform(-1, 2, 4000), random.uniform(0, 255, 4000)], axis=1)


def jpeg(pixels: np.ndarray) -> CompressedImage:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, 'JPEG', quality=90)
    return CompressedImage('jpeg', array('B', file.getvalue()))


def echoes(seed: int) -> np.ndarray:
    """Return echoes [P, 8] of a radar, standing and moving ones."""
    random = np.random.default_rng(seed)
    ray = random.uniform(-1.0, 1.0, 12 + seed)
    ray = np.stack([np.cos(ray), np.sin(ray)], axis=1)
    away = random.uniform(3.0, 60.0, (len(ray), 1)) * ray
    speed = random.choice([0.0, -6.0, 9.0], (len(ray), 1))
    rest = random.uniform(-5.0, 15.0, (len(ray), 1))
    return np.hstack([away, 0.0 * rest, rest, (speed - 8.0) * ray, speed * ray])


def tones(seconds: float, *hertz: float) -> np.ndarray:
    """Return samples [n, 4] of tones, each on its own microphone louder than on the others."""
    time_s = np.arange(round(16000 * seconds)) / 16000
    loud = np.eye(4)[:len(hertz)] + 0.1
    return 0.2 * sum(np.sin(2.0 * math.pi * one * time_s)[:, None] * share
                     for one, share in zip(hertz, loud))


def raw(samples: np.ndarray) -> AudioDataStamped:
    return AudioDataStamped(AudioData(array('B', audio(samples).data.tobytes())))


# Two different usable messages of every type that an encoder takes, of different sizes.
MESSAGES: dict[str, list[Any]] = {
    'sensor_msgs/msg/Image': [
        image(scene(120, 200), 'rgb8'), image(scene(90, 60)[::-1], 'bgr8', padding=4)],
    'sensor_msgs/msg/CompressedImage': [jpeg(scene(480, 640)), jpeg(scene(90, 60)[::-1])],
    'sensor_msgs/msg/PointCloud2': [cloud(points(0)), cloud(points(1)[:3000])],
    'sensor_msgs/msg/Imu': [imu(0.5, (0.0, 0.0, 0.2)), imu(0.7, acceleration=(-3.0, 0.0, 9.7))],
    'mpnp_ros/msg/Audio': [audio(tones(1.0, 500.0)), audio(tones(0.7, 300.0, 2000.0))],
    'audio_common_msgs/msg/AudioDataStamped': [raw(tones(1.0, 500.0)), raw(tones(0.6, 900.0))],
}
# Where an encoder takes other fields of a type than the rest.
MESSAGES_OF: dict[str, dict[str, list[Any]]] = {
    'radar_sectors': {
        'sensor_msgs/msg/PointCloud2': [radar_cloud(echoes(0)), radar_cloud(echoes(3))]},
}
# Encoders with tokens that have no direction, whatever is known of the mount.
PARTLY_UNDIRECTED = ('audio_directions', 'camera_objects', 'imu_window', 'lidar_objects')
# Tokens of all views together, which stand behind those of each and count as of the first.
OF_ALL_VIEWS = {'camera_objects': len(OF_ALL)}


def pose(yaw: float) -> np.ndarray:
    """Return base_from_sensor [4, 4] of a camera that looks along a yaw, level."""
    cos, sin = math.cos(yaw), math.sin(yaw)
    matrix = np.eye(4)
    matrix[:3, :3] = [[sin, 0, cos], [-cos, 0, sin], [0, -1, 0]]
    matrix[:3, 3] = [1.0, 0.5, 1.5]
    return matrix


def views(*yaws: float) -> list[View]:
    intrinsics = np.array([[100.0, 0.0, 99.5], [0.0, 100.0, 59.5], [0.0, 0.0, 1.0]])
    return [View(f'view{k}', pose(yaw), intrinsics, (200, 120)) for k, yaw in enumerate(yaws)]


def messages(name: str, message_type: str) -> list[Any]:
    return MESSAGES_OF.get(name, MESSAGES)[message_type]


def samples(encoder: Encoder) -> list[np.ndarray]:
    return [encoder.decode(message)
            for message in messages(encoder.name, encoder.message_types[0])]


@pytest.mark.parametrize('name', names())
def test_tokens_have_the_promised_shapes_and_are_finite(
    encoder_of: GetEncoder, name: str
) -> None:
    encoder = encoder_of(name)
    encoded = encoder.encode(samples(encoder), views(0.0, 2.0))
    count = len(encoded.tokens)
    assert encoded.tokens.shape == (count, encoder.width)
    assert encoded.tokens.dtype == torch.float32
    assert encoded.tokens.device.type == 'cpu'
    assert bool(torch.isfinite(encoded.tokens).all())
    assert encoded.azimuth.shape == (count,)
    assert encoded.azimuth.dtype == torch.float32
    directed = ~torch.isnan(encoded.azimuth)
    assert bool(directed.all()) == (name not in PARTLY_UNDIRECTED)
    assert bool((encoded.azimuth[directed].double().abs() <= math.pi).all())
    assert encoded.view.shape == (count,)
    assert encoded.view.dtype == torch.int64
    # As many tokens of each view, in the order of the views.
    shared = OF_ALL_VIEWS.get(name, 0)
    own = (count - shared) // 2
    assert encoded.view.tolist() == [0] * own + [1] * own + [0] * shared
    assert len(pack(encoded.tokens, 'float16').data) > 0


@pytest.mark.parametrize(('name', 'message_type'), [
    (name, kind) for name in names() for kind in encoder_class(name).message_types])
def test_every_message_type_is_decoded_to_what_encode_takes(
    encoder_of: GetEncoder, name: str, message_type: str
) -> None:
    encoder = encoder_of(name)
    for message in messages(name, message_type):
        sample = encoder.decode(message)
        assert len(encoder.encode([sample], views(0.0)).tokens) > 0


@pytest.mark.parametrize('name', names())
def test_same_samples_give_the_same_tokens_whatever_came_before(
    encoder_of: GetEncoder, name: str
) -> None:
    encoder = encoder_of(name)
    first, other = samples(encoder)
    before = encoder.encode([first], views(0.0))
    encoder.encode([other], views(1.0))
    after = encoder.encode([first], views(0.0))
    assert torch.equal(before.tokens, after.tokens)
    torch.testing.assert_close(before.azimuth, after.azimuth, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize('name', names())
def test_different_samples_give_different_tokens(encoder_of: GetEncoder, name: str) -> None:
    encoder = encoder_of(name)
    one, two = (encoder.encode([sample], views(0.0)).tokens for sample in samples(encoder))
    assert float((one - two).norm() / one.norm()) > 1e-2


@pytest.mark.parametrize('name', names())
def test_a_batch_gives_what_one_by_one_gives(encoder_of: GetEncoder, name: str) -> None:
    encoder = encoder_of(name)
    both, both_views = samples(encoder), views(0.3, -2.0)
    together = encoder.encode(both, both_views)
    alone = [encoder.encode([sample], [view])
             for sample, view in zip(both, both_views, strict=True)]
    shared = OF_ALL_VIEWS.get(name, 0)

    def own(values: torch.Tensor) -> torch.Tensor:
        return values[:len(values) - shared]

    # Other batch sizes may sum in another order.
    tolerance = 1e-4 * float(together.tokens.abs().max())
    torch.testing.assert_close(
        own(together.tokens), torch.cat([own(one.tokens) for one in alone]), rtol=0,
        atol=tolerance)
    torch.testing.assert_close(
        own(together.azimuth), torch.cat([own(one.azimuth) for one in alone]), rtol=0, atol=0,
        equal_nan=True)


@pytest.mark.parametrize('name', names())
def test_quality_is_told_in_numbers_and_a_low_one_in_words(
    encoder_of: GetEncoder, name: str
) -> None:
    encoder = encoder_of(name)
    quality = encoder.quality(samples(encoder), views(0.0, 2.0))
    if quality is None:
        pytest.skip('this encoder does not measure it')
    assert 0.0 <= quality.usability <= 1.0
    assert quality.reason or quality.usability > 0.6, quality
    assert all(math.isfinite(value) for value in quality.measures.values())
    assert 'view1/usability' in quality.measures


@pytest.mark.parametrize('name', CAMERAS)
def test_azimuths_turn_with_the_camera(encoder_of: GetEncoder, name: str) -> None:
    encoder = encoder_of(name)
    sample = samples(encoder)[0]
    ahead, turned = (encoder.encode([sample], views(yaw)).azimuth for yaw in (0.0, 2.5))
    ahead, turned = (one[~one.isnan()] for one in (ahead, turned))   # of all views: nowhere
    around = torch.remainder(turned - ahead + math.pi, 2 * math.pi) - math.pi
    torch.testing.assert_close(around, torch.full_like(around, 2.5), rtol=0, atol=1e-5)
    assert name not in GRIDS or float(ahead.max() - ahead.min()) > 0.5


@pytest.mark.parametrize('name', GRIDS)
def test_tokens_that_see_a_change_have_its_azimuth(encoder_of: GetEncoder, name: str) -> None:
    encoder = encoder_of(name)
    plain = scene(120, 200)
    before = encoder.encode([plain], views(0.0))
    cells = len(before.tokens) - int(encoder.options.whole_token)
    seen = []
    for column in (0, 45, 85, 125, 170):  # from 0.70 rad left to 0.70 rad right of the axis
        changed = plain.copy()
        changed[40:80, column:column + 30] = (250, 250, 0)
        after = encoder.encode([changed], views(0.0))
        change = (after.tokens - before.tokens)[:cells].square().sum(dim=1)
        seen.append(float((change * before.azimuth[:cells]).sum() / change.sum()))
    assert seen == sorted(seen, reverse=True)
    assert seen[0] > 0.2
    assert seen[-1] < -0.2


@pytest.mark.parametrize('name', CAMERAS)
def test_without_any_direction_of_the_camera_azimuths_are_nan(
    encoder_of: GetEncoder, name: str
) -> None:
    encoder = encoder_of(name)
    encoded = encoder.encode(samples(encoder)[:1], [View('somewhere')])
    assert bool(torch.isnan(encoded.azimuth).all())


@pytest.mark.parametrize('name', CAMERAS)
def test_six_cameras_fit_into_one_message(encoder_of: GetEncoder, name: str) -> None:
    encoder = encoder_of(name)
    tokens = encoder.encode(samples(encoder)[:1], views(0.0)).tokens
    assert 6 * pack(tokens, 'float16').data.nbytes < LARGEST_MESSAGE


@pytest.mark.parametrize('name', CAMERAS)
def test_a_sample_that_is_no_picture_is_refused_by_the_name_of_its_view(
    encoder_of: GetEncoder, name: str
) -> None:
    encoder = encoder_of(name)
    with pytest.raises(InputError, match='view1.*RGB.*float32'):
        encoder.encode([scene(), np.zeros((4, 4, 3), np.float32)], views(0.0, 1.0))


@pytest.mark.parametrize('name', CAMERAS)
def test_a_message_of_another_type_is_refused_by_its_name(
    encoder_of: GetEncoder, name: str
) -> None:
    with pytest.raises(InputError, match='Image.*PointCloud2'):
        encoder_of(name).decode(cloud(points(0)))


@pytest.mark.parametrize('name', names())
def test_samples_and_views_must_be_equally_many(encoder_of: GetEncoder, name: str) -> None:
    encoder = encoder_of(name)
    with pytest.raises(ValueError, match='1 samples and 2 views'):
        encoder.encode(samples(encoder)[:1], views(0.0, 1.0))
    with pytest.raises(ValueError, match='at least one'):
        encoder.encode([], [])


def other(value: Any, choices: tuple[str, ...]) -> Any:
    """Return another value of an option's type."""
    if choices:
        return next(choice for choice in choices if choice != value)
    if isinstance(value, bool):
        return not value
    if isinstance(value, (list, str)):
        return value * 2 or type(value)('x')
    return value + 1


@pytest.mark.parametrize(('name', 'option'), [
    (name, field.name) for name in names()
    for field in dataclasses.fields(encoder_class(name).Options)])
def test_id_changes_with_an_option_exactly_when_the_option_says_so(
    encoder_of: GetEncoder, name: str, option: str
) -> None:
    encoder = encoder_of(name)
    field, = (one for one in dataclasses.fields(encoder.options) if one.name == option)
    value = other(getattr(encoder.options, option), field.metadata['choices'])
    changed = copy.copy(encoder)
    changed.options = dataclasses.replace(encoder.options, **{option: value})
    assert (changed.id != encoder.id) == field.metadata['in_id']


@pytest.mark.parametrize('name', names())
def test_id_and_hash_name_the_encoder_and_no_place_on_this_machine(
    encoder_of: GetEncoder, name: str
) -> None:
    encoder = encoder_of(name)
    assert encoder.id.startswith(f'{name}/{encoder.weights_name}')
    assert '\n' not in encoder.id
    assert str(Path.home()) not in encoder.id
    assert '/tmp' not in encoder.id
    assert re.fullmatch('[0-9a-f]{64}', encoder.weights_hash)


@pytest.mark.parametrize('name', names())
def test_options_are_described_and_their_defaults_allowed(name: str) -> None:
    cls = encoder_class(name)
    fields = dataclasses.fields(cls.Options)
    for field in fields:
        assert field.metadata['description'].endswith('.')
    defaults = {field.name: getattr(cls.Options(), field.name) for field in fields}
    assert checked_options(cls, defaults) == cls.Options()


@pytest.mark.parametrize('name', names())
def test_an_unknown_option_is_refused_with_those_there_are(name: str) -> None:
    known = dataclasses.fields(encoder_class(name).Options)[0].name
    with pytest.raises(ValueError, match=f"'no_such'.*{known}"):
        create(name, {'no_such': 1})


def test_an_unknown_encoder_is_refused_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="'no_such'.*camera_clip.*lidar_range_view"):
        create('no_such')


@pytest.mark.parametrize('name', ['camera_efficientnet_lite0', 'camera_clip'])
def test_missing_weights_are_told_with_the_command_that_brings_them(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('MPNP_CACHE', str(tmp_path))
    monkeypatch.delenv('MPNP_WEIGHTS_CATALOGUE', raising=False)
    weights = encoder_class(name).Options().weights
    with pytest.raises(WeightsMissing, match=f'mpnp-weights fetch {weights}'):
        create(name)
