# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A new sensor's connector begins with what that of a like encoder has learned."""

from __future__ import annotations

import pytest
import torch

from mpnp_ros.core.connector import Connector, ConnectorConfig
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.encoders.kind_tokens import LAYOUT_WIDTH
from mpnp_ros.training.adaptation.alike import alike

SHARED = 6


def connector(modality: str = 'camera', width: int = 10, encoder: str = 'camera_objects/a/n=1',
              weights: str = 'aa', seed: int = 0, **changes: object) -> Connector:
    """Return a connector that has seen views 0 and 1."""
    torch.manual_seed(seed)
    made = Connector(ConnectorConfig(**{  # type: ignore[arg-type]
        'modality': modality, 'encoder_id': encoder, 'encoder_weights_hash': weights,
        'llm_id': 'tiny', 'llm_weights_hash': 'bb', 'width': width, 'connected_blocks': 2,
        'llm_blocks': 4, 'num_kv_heads': 1, 'head_dim': 4, 'hidden': 8, **changes}))
    if not made.config.faithful:
        with torch.no_grad():
            views = made.aligner.view.weight  # type: ignore[union-attr]
            views[:2] = torch.randn(2, made.config.hidden)
    return made.eval()


def values(one: Connector, tokens: torch.Tensor) -> torch.Tensor:
    """Return the values that tokens [1, T, W] become, looking ahead, of view 0."""
    shape = tokens.shape[:2]
    return one(tokens, torch.zeros(shape), torch.zeros(shape, dtype=torch.long))[0].value


def test_what_is_shared_is_told_alike_and_the_rest_has_no_say_yet() -> None:
    old, new = connector(), connector('lidar', seed=1)
    with torch.no_grad():     # one view only, so that its mean is itself
        old.aligner.view.weight[1] = 0.0  # type: ignore[union-attr]
        old.aligner.project.weight[:, SHARED:] = 0.0  # type: ignore[union-attr]
    tokens = torch.randn(1, 3, 10)
    assert not torch.allclose(values(new, tokens), values(old, tokens))
    new.begin_like(old, SHARED)
    torch.testing.assert_close(values(new, tokens), values(old, tokens))
    assert new.gates() == old.gates()


def test_what_questions_say_of_the_tokens_is_taken_over() -> None:
    about = {'answer_only': True, 'relevance': 4, 'words': 6, 'names': ('car', 'bus')}
    old, new = connector(**about), connector('lidar', seed=1, **about)
    assert old.relevance is not None and new.relevance is not None
    with torch.no_grad():
        old.relevance.mean.copy_(torch.randn(6))
        old.relevance.named.copy_(torch.randn(6, 2))
    new.begin_like(old, SHARED)
    given = torch.randn(1, 3, 8), torch.randn(1, 3, 10)
    for found, expected in zip(new.relevance(*given), old.relevance(*given)):
        torch.testing.assert_close(found, expected)


def test_names_of_other_values_are_not_taken_over() -> None:
    about = {'answer_only': True, 'relevance': 4, 'words': 6}
    old = connector(**about, names=('car', 'bus'))
    new = connector('lidar', seed=1, **about, names=('bus',))
    assert old.relevance is not None and new.relevance is not None
    new.begin_like(old, SHARED)
    assert new.relevance.named.shape == (6, 1)
    assert torch.equal(new.relevance.query.weight, old.relevance.query.weight)


def test_views_begin_as_the_mean_of_those_seen() -> None:
    old, new = connector(), connector('lidar', width=14, seed=1)
    new.begin_like(old, SHARED)
    weights = new.aligner.view.weight  # type: ignore[union-attr]
    expected = old.aligner.view.weight[:2].mean(dim=0)  # type: ignore[union-attr]
    torch.testing.assert_close(weights[5], expected)


def test_connectors_of_other_blocks_cannot_be_begun_like() -> None:
    with pytest.raises(ValueError, match='differ in blocks'):
        connector('lidar').begin_like(connector(connected_blocks=1), SHARED)
    with pytest.raises(ValueError, match='follow the paper'):
        connector('lidar').begin_like(connector(faithful=True), SHARED)


def test_encoders_of_one_layout_are_alike() -> None:
    known = Connectors({'camera': connector(), 'imu': connector('imu', encoder='imu_window/f/n')})
    like = alike(known, connector('lidar', encoder='lidar_objects/b/n=2').config)
    assert like is not None
    assert like[0].config.modality == 'camera'
    assert like[1] == LAYOUT_WIDTH


def test_the_same_encoder_with_other_options_is_alike_as_a_whole() -> None:
    known = Connectors({'top': connector('top', encoder='lidar_range_view/g/beams=32')})
    wanted = connector('low', encoder='lidar_range_view/g/beams=64').config
    like = alike(known, wanted)
    assert like is not None
    assert like[1] == 10
    other = connector('low', encoder='lidar_range_view/g/beams=64', weights='cc').config
    assert alike(known, other) is None


def test_of_several_that_are_alike_the_modality_itself_comes_first() -> None:
    known = Connectors({'camera': connector(), 'lidar': connector(
        'lidar', encoder='lidar_objects/b/beams=32', weights='cc')})
    like = alike(known, connector('lidar', encoder='lidar_objects/c/beams=64').config)
    assert like is not None and like[0].config.modality == 'lidar'


def test_nothing_is_begun_like_a_connector_of_another_shape() -> None:
    known = Connectors({'camera': connector()})
    wanted = connector('lidar', encoder='lidar_objects/b/n=2', hidden=16).config
    assert alike(known, wanted) is None


def test_nothing_is_like_an_encoder_that_is_not_here() -> None:
    known = Connectors({'camera': connector()})
    assert alike(known, connector('sonar', encoder='sonar_of_others/x/n').config) is None
    assert alike(known, connector('imu', encoder='imu_window/f/n').config) is None
