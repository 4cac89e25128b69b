# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""What microphones record of sirens, horns and engines: how loud, from where, how high."""

from __future__ import annotations

import math

from box_world import seen, standing
import numpy as np
import pytest

from mpnp_ros.world.geometry import Pose
from mpnp_ros.world.sensing.hearing import level_db
from mpnp_ros.world.sensing.microphones import Microphones, record, SPEED_OF_SOUND
from mpnp_ros.world.sensing.rig import SensingRig
from mpnp_ros.world.sensing.sounds import Sound
from mpnp_ros.world.truth import EgoMotion, Seen

FRONT, LEFT, BACK, RIGHT = range(4)


def array_of(rig: SensingRig, **changes: object) -> Microphones:
    return rig.microphones[0].model_copy(update={'window_s': 0.4, **changes})


def listen(array: Microphones, *objects: Seen, ego: EgoMotion | None = None) -> np.ndarray:
    """Return pressure [n, microphones] in units of full scale."""
    return record(array, ego or standing(), objects, 3.0, np.random.default_rng(2)) / 32767.0


def loudness(samples: np.ndarray) -> np.ndarray:
    """Return the level of each microphone, dB."""
    return 10.0 * np.log10(np.mean(np.square(samples), axis=0))


@pytest.mark.parametrize(('x', 'y', 'louder', 'quieter'), [
    (0.9, 25.0, LEFT, RIGHT), (0.9, -25.0, RIGHT, LEFT), (30.0, 0.0, FRONT, BACK),
    (-30.0, 0.0, BACK, FRONT)])
def test_a_siren_is_loudest_on_its_side(
    rig: SensingRig, x: float, y: float, louder: int, quieter: int
) -> None:
    level = loudness(listen(array_of(rig), seen('truck', x, y, sound='siren')))
    assert int(np.argmax(level)) == louder
    assert level[louder] - level[quieter] > 6.0


def test_sound_reaches_the_nearer_microphone_earlier(rig: SensingRig) -> None:
    samples = listen(array_of(rig), seen('car', 0.9, 20.0, sound='horn'))
    lags = np.arange(-80, 81)
    agree = [float(np.dot(samples[200:-200, LEFT], np.roll(samples[:, RIGHT], -lag)[200:-200]))
             for lag in lags]
    expected = 1.0 / SPEED_OF_SOUND * 16000   # one metre apart
    assert lags[int(np.argmax(agree))] == pytest.approx(expected, abs=2.0)


def test_twice_as_far_is_six_decibels_quieter(rig: SensingRig) -> None:
    array = array_of(rig, window_s=0.7)   # a whole honk and its pause
    near, far = (loudness(listen(array, seen('car', distance, 0.0, sound='horn')))[FRONT]
                 for distance in (10.0, 20.0))
    assert near - far == pytest.approx(6.1, abs=1.0)


def test_a_level_in_decibels_is_that_of_the_samples(rig: SensingRig) -> None:
    array = array_of(rig, rear_db=0.0)
    level = loudness(listen(array, seen('truck', 20.9, 0.0, sound='siren'))).mean()
    expected = level_db(Sound('siren').level_db, 20.0)
    full_scale_sine = -10.0 * math.log10(2.0)
    assert level == pytest.approx(expected - array.full_scale_db + full_scale_sine, abs=0.5)


def pitch(samples: np.ndarray, lowest_hz: float = 50.0, highest_hz: float = 8000.0) -> float:
    """Return the strongest frequency in a range, Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 16))
    hertz = np.fft.rfftfreq(1 << 16, 1.0 / 16000)
    inside = (hertz >= lowest_hz) & (hertz <= highest_hz)
    return float(hertz[inside][np.argmax(spectrum[inside])])


def test_a_horn_sounds_higher_coming_and_lower_going_by_the_doppler_factor(
    rig: SensingRig
) -> None:
    array = array_of(rig, window_s=0.25)

    def heard(speed: float) -> float:
        car = seen('car', 30.0, 0.0, velocity=(-speed, 0.0), sound='horn', actor=3)
        return pitch(listen(array, car)[:, FRONT], 370.0, 475.0)   # the lower of its two tones
    for speed in (20.0, -20.0):
        assert heard(speed) / heard(0.0) == pytest.approx(
            1.0 / (1.0 - speed / SPEED_OF_SOUND), abs=0.006)


def test_driving_fast_is_noisy(rig: SensingRig) -> None:
    still, fast = (loudness(listen(array_of(rig), ego=EgoMotion(Pose(0.0, 0.0), speed=speed)))
                   for speed in (0.0, 20.0))
    assert (fast - still > 20.0).all()


def test_siren_horn_and_engine_have_spectra_of_their_own() -> None:
    time_s = np.arange(16000) / 16000.0
    centres = {}
    for kind in ('siren', 'horn', 'engine'):
        wave = Sound(kind, actor=1).at(time_s)
        power = np.square(np.abs(np.fft.rfft(wave)))
        centres[kind] = float(power @ np.arange(len(power)) / power.sum())
        assert 0.5 < np.sqrt(np.mean(np.square(wave))) < 1.5
    assert centres['engine'] < 500.0 < centres['horn'] < centres['siren']


def test_a_siren_rises_and_falls_and_a_horn_does_not() -> None:
    spans = {}
    for kind in ('siren', 'horn'):
        wave = Sound(kind, actor=2).at(np.arange(4 * 16000) / 16000.0)
        heard = [pitch(part) for part in np.array_split(wave, 32)
                 if np.mean(np.square(part)) > 0.3]
        spans[kind] = max(heard) - min(heard)
    assert spans['siren'] > 500.0
    assert spans['horn'] < 200.0


def test_an_unknown_sound_is_refused() -> None:
    with pytest.raises(ValueError, match="'bell': expected one of siren, horn, engine"):
        Sound('bell')
