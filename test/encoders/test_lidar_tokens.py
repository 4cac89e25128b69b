# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The lidar encoder: one token per sector and band, local, repeatable, honest on its weights."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np
import pytest
from safetensors.torch import save_file
from sensor_messages import cloud
import torch

from mpnp_ros.encoders.base import create, InputError, View
from mpnp_ros.encoders.range_network import generate_weights, INPUTS, RangeNetwork
from mpnp_ros.encoders.range_statistics import NAMES

NEAREST = NAMES.index('nearest')


def ring(distances: np.ndarray, height: float = 2.0) -> np.ndarray:
    """Return posts of three points around the sensor, azimuths evenly spaced from +x."""
    azimuth = np.arange(len(distances)) * 2 * math.pi / len(distances)
    x, y = distances * np.cos(azimuth), distances * np.sin(azimuth)
    return np.concatenate([
        np.stack([x, y, np.full_like(x, z), np.full_like(x, 30)], axis=1)
        for z in (0.5 * height, 0.7 * height, height)]).astype(np.float32)


def test_one_token_per_sector_and_band() -> None:
    encoder = create('lidar_range_view', {'sectors': 16, 'bands': 4, 'width': 96})
    encoded = encoder.encode([ring(np.full(720, 9.0))], [View('top')])
    assert encoded.tokens.shape == (64, 96)
    assert encoded.tokens.dtype == torch.float32
    assert encoder.width == 96
    expected = np.repeat(np.degrees(2 * math.pi / 16 * np.arange(16)), 4)
    expected = np.where(expected > 180, expected - 360, expected)
    np.testing.assert_allclose(np.degrees(encoded.azimuth.numpy()), expected, atol=1e-4)
    assert encoded.view.tolist() == [0] * 64


def test_the_default_is_64_tokens_of_128() -> None:
    encoded = create('lidar_range_view').encode([ring(np.full(720, 9.0))], [View('top')])
    assert encoded.tokens.shape == (64, 128)


@pytest.mark.parametrize(('beams', 'columns', 'fov_up', 'fov_down'), [
    (64, 2048, 3.0, -25.0), (16, 1024, 15.0, -15.0), (128, 1024, 22.5, -22.5)])
def test_sensors_of_other_beams_give_as_many_tokens(
    beams: int, columns: int, fov_up: float, fov_down: float
) -> None:
    encoder = create('lidar_range_view', {
        'beams': beams, 'columns': columns, 'fov_up': fov_up, 'fov_down': fov_down, 'bands': 2})
    encoded = encoder.encode([ring(np.full(720, 9.0))], [View('top')])
    assert encoded.tokens.shape == (64, 128)
    high = encoded.tokens[0::2, NEAREST] * 80
    np.testing.assert_allclose(high, 9, atol=0.01)
    assert not encoded.tokens.is_inference()  # connectors are trained on them


def test_a_message_becomes_tokens() -> None:
    encoder = create('lidar_range_view')
    points = ring(np.full(720, 9.0))
    np.testing.assert_array_equal(encoder.decode(cloud(points)), points)
    assert encoder.message_types == ('sensor_msgs/msg/PointCloud2',)


def test_the_distance_in_each_direction_is_in_the_token_of_that_direction() -> None:
    distances = np.full(720, 40.0)
    distances[170:190] = 6.0  # 85 to 95 degrees: left
    encoder = create('lidar_range_view', {'bands': 1})
    encoded = encoder.encode([ring(distances)], [View('top')])
    nearest = encoded.tokens[:, NEAREST] * 80
    left = (encoded.azimuth - math.pi / 2).abs() < 0.05
    np.testing.assert_allclose(nearest[left], 6, atol=0.01)
    np.testing.assert_allclose(nearest[~left], 40, atol=0.01)


def test_the_pose_of_the_sensor_turns_the_tokens() -> None:
    distances = np.full(720, 40.0)
    distances[170:190] = 6.0
    pose = np.eye(4)
    pose[:2, :2] = [[0, 1], [-1, 0]]  # the sensor's left is the base's front
    encoder = create('lidar_range_view', {'bands': 1})
    by_pose = encoder.encode([ring(distances)], [View('top', base_from_sensor=pose)])
    by_azimuth = encoder.encode([ring(distances)], [View('top', azimuth=-math.pi / 2)])
    for encoded in (by_pose, by_azimuth):
        ahead = encoded.tokens[encoded.azimuth == 0, NEAREST] * 80
        np.testing.assert_allclose(ahead, 6, atol=0.01)


def test_several_lidars_are_views_of_one_batch() -> None:
    encoder = create('lidar_range_view')
    near, far = ring(np.full(720, 5.0)), ring(np.full(720, 30.0))
    views = [View('front'), View('rear', azimuth=math.pi)]
    both = encoder.encode([near, far], views)
    assert both.view.tolist() == [0] * 64 + [1] * 64
    for index, sample in enumerate((near, far)):
        alone = encoder.encode([sample], [views[index]])
        torch.testing.assert_close(both.tokens[both.view == index], alone.tokens)
        torch.testing.assert_close(both.azimuth[both.view == index], alone.azimuth)


def test_a_change_ahead_leaves_the_tokens_behind_as_they_were() -> None:
    encoder = create('lidar_range_view', {'bands': 1})
    before = encoder.encode([ring(np.full(720, 20.0))], [View('top')])
    distances = np.full(720, 20.0)
    distances[:30], distances[-30:] = 4.0, 4.0
    after = encoder.encode([ring(distances)], [View('top')])
    behind = before.azimuth.abs() > math.pi / 2
    assert torch.equal(before.tokens[behind], after.tokens[behind])
    ahead = before.azimuth.abs() < 0.2
    assert (before.tokens[ahead] - after.tokens[ahead]).abs().amax(1).min() > 0.1


def test_the_network_has_no_edge_where_the_circle_closes() -> None:
    network = RangeNetwork(features=20, sectors=8, bands=2).eval()
    generate_weights(network)
    image = torch.rand(1, INPUTS, 16, 128, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        features = network(image).unflatten(1, (8, 2))
        for sectors in (1, 3, 7):
            turned = network(image.roll(16 * sectors, dims=3)).unflatten(1, (8, 2))
            torch.testing.assert_close(turned, features.roll(sectors, dims=1))


def test_features_tell_different_scenes_apart_and_do_not_saturate() -> None:
    encoder = create('lidar_range_view')
    tokens = torch.stack([
        encoder.encode([ring(np.full(720, d))], [View('top')]).tokens for d in (3, 10, 30, 70)])
    learned = tokens[..., len(NAMES):]
    assert learned.abs().max() < 0.999
    assert (learned.std(dim=(0, 1)) > 0.005).float().mean() > 0.9


def test_the_same_sweep_gives_the_same_tokens_whatever_came_between() -> None:
    encoder = create('lidar_range_view')
    sample = ring(np.linspace(3, 60, 720))
    first = encoder.encode([sample], [View('top')])
    encoder.encode([ring(np.full(720, 2.0))], [View('top')])
    again = encoder.encode([sample], [View('top')])
    other = create('lidar_range_view').encode([sample], [View('top')])
    assert torch.equal(first.tokens, again.tokens)
    assert torch.equal(first.tokens, other.tokens)


@pytest.mark.parametrize('scale', [1e-3, 1.0, 1e3])
def test_tokens_are_finite_and_at_most_one(scale: float) -> None:
    rng = np.random.default_rng(0)
    points = (rng.normal(scale=(20, 20, 5, 100), size=(4000, 4)) * [1, 1, 1, scale])
    encoded = create('lidar_range_view').encode([points.astype(np.float32)], [View('top')])
    assert torch.isfinite(encoded.tokens).all()
    assert encoded.tokens.abs().max() <= 1


def test_generated_weights_say_that_they_are_untrained() -> None:
    encoder = create('lidar_range_view')
    assert encoder.trained is False
    assert '/generated/' in encoder.id


def test_generated_weights_are_the_same_on_every_machine() -> None:
    # Connectors are bound to this hash: when it changes, all of them must be trained again.
    assert create('lidar_range_view').weights_hash == (
        'a8a077f4dd659c04917dbd09550981ba2cd3549f80245a1c69fc3375cbbf30d0')


def test_weights_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv('MPNP_CACHE', str(tmp_path / 'cache'))
    network = RangeNetwork(128 - len(NAMES), 32, 2)
    path = tmp_path / 'tuned.safetensors'
    save_file({name: torch.full_like(p, 0.01) for name, p in network.named_parameters()}, path)
    encoder = create('lidar_range_view', {'weights': str(path)})
    assert encoder.trained is True
    assert encoder.weights_hash == hashlib.sha256(path.read_bytes()).hexdigest()
    assert '/tuned/' in encoder.id
    assert str(tmp_path) not in encoder.id
    sample = [ring(np.full(720, 9.0))]
    tuned = encoder.encode(sample, [View('top')]).tokens
    generated = create('lidar_range_view').encode(sample, [View('top')]).tokens
    assert torch.equal(tuned[:, :len(NAMES)], generated[:, :len(NAMES)])
    assert not torch.allclose(tuned[:, len(NAMES):], generated[:, len(NAMES):])


def test_weights_of_another_width_are_refused(tmp_path: Path) -> None:
    path = tmp_path / 'narrow.safetensors'
    save_file(dict(RangeNetwork(10, 32, 2).state_dict()), path)
    with pytest.raises(ValueError, match=r'weights narrow.safetensors: expected .*second'):
        create('lidar_range_view', {'weights': str(path)})


@pytest.mark.parametrize(('options', 'words'), [
    ({'columns': 1000}, r'columns 1000: expected a multiple of 8 \* sectors = 256'),
    ({'beams': 18}, r'beams 18: expected a multiple of 2 \* bands = 4'),
    ({'fov_up': -40.0}, 'fov_up -40: expected more than fov_down, -30'),
    ({'min_range': 90.0}, 'min_range 90: expected less than max_range, 80'),
    ({'clearance': 3.0}, 'clearance 3: expected less than overhead, 3'),
    ({'width': 40}, "option 'width': 40 is below the minimum"),
])
def test_options_that_do_not_fit_are_refused(options: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        create('lidar_range_view', options)


def test_every_option_that_changes_tokens_is_in_the_id() -> None:
    names = ('beams', 'columns', 'fov_up', 'fov_down', 'min_range', 'max_range', 'max_intensity',
             'ground_height', 'clearance', 'overhead', 'sectors', 'bands', 'width')
    for name in names:
        assert f'{name}=' in create('lidar_range_view').id


def test_a_sweep_without_a_point_in_reach_is_refused() -> None:
    encoder = create('lidar_range_view')
    with pytest.raises(InputError, match="none of the 2160 points of view 'top' lies 0.5 to 80 m"):
        encoder.encode([ring(np.full(720, 0.1), height=0.1)], [View('top')])


@pytest.mark.parametrize(('samples', 'views'), [(0, 0), (1, 2), (2, 1)])
def test_samples_and_views_must_match(samples: int, views: int) -> None:
    with pytest.raises(ValueError, match=f'got {samples} samples and {views} views'):
        create('lidar_range_view').encode(
            [ring(np.full(72, 9.0))] * samples, [View('top')] * views)
