# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The static policy selects what is on its list and says why."""

import pytest

from mpnp_ros.manager.policy import Offer, StaticPolicy

OFFERS = {'camera': Offer('camera'), 'lidar': Offer('lidar', trouble='no points'),
          'radar': Offer('radar', online=False)}


def decided(modalities: list[str]) -> dict[str, tuple[bool, str]]:
    return {choice.modality: (choice.selected, choice.reason)
            for choice in StaticPolicy(modalities).decide(OFFERS)}


def test_listed_modality_is_selected_and_the_others_are_not() -> None:
    verdict = decided(['camera'])
    assert verdict['camera'] == (True, 'on the list')
    assert verdict['lidar'] == (False, 'not on the list')


def test_star_selects_everything_online() -> None:
    verdict = decided(['*'])
    assert [name for name, (selected, _) in verdict.items() if selected] == ['camera', 'lidar']
    assert 'offline' in verdict['radar'][1]


def test_trouble_is_told_but_does_not_deselect() -> None:
    assert decided(['lidar'])['lidar'] == (True, 'on the list; no points')


def test_missing_modality_is_said_to_be_missing() -> None:
    assert decided(['sonar'])['sonar'] == (False, 'on the list, but no encoder offers it')


def test_empty_list_selects_nothing() -> None:
    assert not any(selected for selected, _ in decided([]).values())


@pytest.mark.parametrize('modalities', [['camera', 'camera'], ['', 'camera'], ['*', 'camera']])
def test_ambiguous_list_is_refused(modalities: list[str]) -> None:
    with pytest.raises(ValueError):
        StaticPolicy(modalities)
