# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Audio tokens tell what is heard, when in the window, and from where."""

from __future__ import annotations

from array import array
import math

import numpy as np
import pytest
from sensor_messages import audio, AudioData, AudioDataStamped
import torch

from mpnp_ros.encoders.audio_statistics import SCALARS, SPEED_OF_SOUND
from mpnp_ros.encoders.base import create, Encoded, InputError, View
from mpnp_ros.encoders.spectrogram import bands, decibels, spectra

ENCODER = create('audio_directions')
HERE = View('roof', np.eye(4))
RATE, SLICES = 16000, 4
PLACES = np.array([[0.6, 0.0], [0.0, 0.5], [-0.6, 0.0], [0.0, -0.5]])


def chord(azimuth_deg: float, seconds: float = 0.5, loud: float = 0.1) -> np.ndarray:
    """Return what four equal microphones hear of a plane wave with many tones: [n, 4]."""
    way = np.array([math.cos(math.radians(azimuth_deg)), math.sin(math.radians(azimuth_deg))])
    time_s = np.arange(round(seconds * RATE))[:, None] / RATE + PLACES @ way / SPEED_OF_SOUND
    tones = sum(np.sin(2.0 * math.pi * hertz * time_s + hertz)
                for hertz in (310.0, 545.0, 790.0, 1130.0, 1470.0, 1910.0))
    noise = np.random.default_rng(3).normal(0.0, 0.02, time_s.shape)
    return loud * (tones / 3.0 + noise)


def encode(samples: np.ndarray, view: View = HERE) -> Encoded:
    return ENCODER.encode([ENCODER.decode(audio(samples))], [view])


def scalar(encoded: Encoded, name: str) -> torch.Tensor:
    return encoded.tokens[:, SCALARS.index(name)]


@pytest.mark.parametrize('azimuth_deg', [0.0, 45.0, 90.0, 180.0, -90.0, -135.0])
def test_the_direction_of_a_sound_is_that_of_the_token_that_fits_its_delays(
    azimuth_deg: float
) -> None:
    encoded = encode(chord(azimuth_deg))
    best = int(torch.argmax(scalar(encoded, 'best')))
    off = math.degrees(float(encoded.azimuth[best])) - azimuth_deg
    assert (off + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=1e-3)
    assert int(torch.argmax(scalar(encoded, 'phase'))) == best


def test_the_louder_side_is_told_without_any_delay() -> None:
    encoded = encode(np.array([0.1, 0.13, 0.1, 0.08]) * chord(0.0))
    side = scalar(encoded, 'side_middle')[SLICES:]
    assert int(torch.argmax(side)) == 2   # the left
    assert float(side[2]) > 0.5
    assert float(side[6]) < -0.5


def test_directions_turn_with_the_mount() -> None:
    pose = np.eye(4)
    pose[:2, :2] = [[0.0, -1.0], [1.0, 0.0]]
    ahead, turned = encode(chord(45.0)), encode(chord(45.0), View('roof', pose))
    around = torch.remainder(turned.azimuth - ahead.azimuth, 2.0 * math.pi)[SLICES:]
    torch.testing.assert_close(around, torch.full_like(around, math.pi / 2.0), rtol=0, atol=1e-5)
    assert bool(torch.isnan(ahead.azimuth[:SLICES]).all())


def test_without_a_mount_no_token_has_a_direction() -> None:
    assert bool(torch.isnan(encode(chord(0.0), View('roof')).azimuth).all())


def test_slices_tell_when_a_sound_was_heard() -> None:
    samples = chord(0.0, seconds=1.0)
    samples[:12000] *= 0.01
    level = scalar(encode(samples), 'level')[:SLICES]
    assert int(torch.argmax(level)) == 3
    assert float(level[3] - level[0]) > 0.5   # 25 dB


def test_a_rising_tone_rises_from_slice_to_slice() -> None:
    time_s = np.arange(RATE) / RATE
    tone = 0.2 * np.sin(2.0 * math.pi * (500.0 * time_s + 400.0 * time_s**2))
    encoded = encode(np.repeat(tone[:, None], 4, axis=1))
    peak = scalar(encoded, 'peak')[:SLICES]
    assert bool((peak.diff() > 0.02).all())
    assert bool((scalar(encoded, 'peak_change')[1:SLICES] > 0.02).all())


def test_noise_is_flat_and_a_tone_is_not() -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.1, (8000, 4))
    tone = 0.1 * np.repeat(np.sin(np.arange(8000) * 0.4)[:, None], 4, axis=1)
    flatness = [float(scalar(encode(samples), 'flatness')[:SLICES].mean())
                for samples in (noise, tone)]
    assert flatness[0] > 0.3 > 0.05 > flatness[1]


def test_only_the_last_second_counts() -> None:
    one = chord(90.0, seconds=1.0)
    longer = np.concatenate([chord(-90.0, seconds=0.7), one])
    torch.testing.assert_close(encode(longer).tokens, encode(one).tokens, rtol=0, atol=1e-6)


def test_a_single_microphone_has_no_directions() -> None:
    mono = create('audio_directions', {'microphone_x': [0.0], 'microphone_y': [0.0]})
    encoded = mono.encode([mono.decode(audio(chord(0.0)[:, :1]))], [HERE])
    assert encoded.tokens.shape == (SLICES, mono.width)


def test_raw_pcm_reads_as_the_message_that_describes_it() -> None:
    message = audio(chord(20.0))
    raw = AudioDataStamped(AudioData(array('B', message.data.astype('<i2').tobytes())))
    np.testing.assert_array_equal(ENCODER.decode(raw), ENCODER.decode(message))


@pytest.mark.parametrize('every', [0.1, 0.25])
def test_chunks_are_joined_by_their_stamps(every: float) -> None:
    samples = chord(70.0, seconds=1.0)
    whole = ENCODER.decode(audio(samples, end_s=5.0))
    count = round(every * RATE)
    chunks = [audio(samples[start:start + count], end_s=4.0 + (start + count) / RATE)
              for start in range(0, RATE, count)]
    np.testing.assert_array_equal(ENCODER.decode(chunks), whole)
    # Messages that overlap, as windows of a second every half of one do.
    overlapping = [audio(samples[:12000], end_s=4.75), audio(samples[4000:], end_s=5.0)]
    np.testing.assert_array_equal(ENCODER.decode(overlapping), whole)


def test_what_lies_before_a_gap_between_chunks_is_left_out() -> None:
    samples = chord(70.0, seconds=1.0)
    chunks = [audio(samples[:4000], end_s=4.25), audio(samples[8000:12000], end_s=4.75),
              audio(samples[12000:], end_s=5.0)]
    np.testing.assert_array_equal(
        ENCODER.decode(chunks), ENCODER.decode(audio(samples))[8000:])
    with pytest.raises(InputError, match='there is no sound'):
        ENCODER.decode([])


def test_silent_and_clipped_microphones_are_told() -> None:
    def quality(samples: np.ndarray) -> object:
        return ENCODER.quality([ENCODER.decode(audio(samples))], [HERE])
    assert quality(chord(0.0)).reason == ''
    assert quality(chord(0.0) * [1, 1, 0, 1]).reason == 'silent microphones (25%)'
    loud = quality(np.clip(100.0 * chord(0.0), -1.0, 1.0))
    assert 'clipped' in loud.reason
    assert loud.usability < 0.5


def test_a_full_scale_sine_has_zero_decibels_in_its_band() -> None:
    wave = np.sin(2.0 * math.pi * 1000.0 * np.arange(4096) / RATE)[:, None]
    power = np.square(np.abs(spectra(wave, 512))).mean(axis=(0, 2))
    level = decibels(power.max())
    assert level == pytest.approx(0.0, abs=0.1)


@pytest.mark.parametrize(('count', 'size'), [(8, 512), (32, 512), (64, 256)])
def test_every_band_hears_something(count: int, size: int) -> None:
    weights = bands(count, size, RATE, 60.0)
    assert weights.shape == (count, size // 2 + 1)
    assert bool((weights.sum(axis=1) > 0.0).all())
    assert bool((np.diff(np.argmax(weights, axis=1)) >= 0).all())


@pytest.mark.parametrize(('message', 'words'), [
    (audio(np.zeros((8000, 4)), 44100), 'sample_rate 44100: expected 16000 Hz'),
    (audio(np.zeros((8000, 2))), 'channels 2: expected 4, as many as the options microphone_x'),
    (audio(np.zeros((0, 4))), 'data: there are no samples'),
    (AudioDataStamped(AudioData(b'abc')), 'audio.data: 3 bytes are no 16-bit samples'),
    (AudioDataStamped(AudioData(b'abcdef')), 'data: 3 values are no whole samples of 4 channels'),
    (AudioDataStamped(AudioData(b'')), 'data: there are no samples'),
    (7, 'expected mpnp_ros/msg/Audio or audio_common_msgs/msg/AudioDataStamped, got int'),
])
def test_messages_that_cannot_be_used_are_refused(message: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        ENCODER.decode(message)


@pytest.mark.parametrize(('sample', 'words'), [
    (np.zeros((8000, 3), np.float32), r"view 'roof': expected samples \[n, 4\], got \[8000, 3\]"),
    (np.zeros((500, 4), np.float32), "500 samples of view 'roof' are too short, expected"),
    (np.full((8000, 4), np.nan, np.float32), "view 'roof': a sample is not finite"),
])
def test_samples_of_another_kind_are_refused_by_their_view(
    sample: np.ndarray, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        ENCODER.encode([sample], [HERE])


@pytest.mark.parametrize('options', [
    {'microphone_x': [0.0, 1.0]}, {'microphone_x': [], 'microphone_y': []}])
def test_microphones_need_both_coordinates(options: dict[str, list[float]]) -> None:
    with pytest.raises(ValueError, match='microphone_x has . entries and microphone_y .:'):
        create('audio_directions', options)


def test_a_microphone_at_no_place_is_refused() -> None:
    with pytest.raises(ValueError, match='expected finite numbers'):
        create('audio_directions', {'microphone_x': [0.0, math.nan], 'microphone_y': [0.0, 1.0]})
