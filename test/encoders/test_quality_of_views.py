# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Flaws multiply, the worst is named first; views count alike and are named."""

import pytest

from mpnp_ros.encoders.quality import Flaw, judged, of_views, Quality, ramp


@pytest.mark.parametrize(('value', 'factor'), [(-1, 0), (2, 0), (3, 0.5), (4, 1), (9, 1)])
def test_a_ramp_rises_from_bad_to_good(value: float, factor: float) -> None:
    assert ramp(value, 2, 4) == factor
    assert ramp(-value, -2, -4) == factor


def test_flaws_multiply_and_the_worst_is_named_first() -> None:
    quality = judged({}, [Flaw(0.5, 'dark'), Flaw(0.95, 'noisy'), Flaw(0.2, 'blurred')])
    assert quality.usability == pytest.approx(0.095)
    assert quality.reason == 'blurred; dark'


def test_a_single_view_is_returned_as_it_is() -> None:
    quality = Quality({'brightness': 0.5}, 0.7, 'dark')
    assert of_views({'front': quality}) is quality


def test_several_views_are_averaged_and_named() -> None:
    quality = of_views({'front': Quality({'brightness': 0.5}, 1.0),
                        'back': Quality({'brightness': 0.1, 'noise': 0.2}, 0.4, 'dark')})
    assert quality.usability == pytest.approx(0.7)
    assert quality.reason == 'back: dark'
    assert quality.measures == pytest.approx({
        'brightness': 0.3, 'noise': 0.2, 'front/usability': 1.0, 'back/usability': 0.4})


def test_no_view_is_an_error() -> None:
    with pytest.raises(ValueError, match='at least one view'):
        of_views({})
