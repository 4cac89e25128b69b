# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The networks that find objects, and their files."""

from __future__ import annotations

from pathlib import Path

import pytest
from safetensors.torch import save_file
import torch

from mpnp_ros.encoders.object_head import ObjectHead
from mpnp_ros.encoders.object_head_file import load_detector, load_head
from mpnp_ros.encoders.range_detector import COARSEST, INPUTS, RangeDetector, STRIDE


def test_around_a_circle_what_is_turned_is_found_turned() -> None:
    torch.manual_seed(0)
    network = RangeDetector(hidden=16, blocks=2).eval()
    image = torch.rand(1, INPUTS, 16, 128)
    with torch.inference_mode():
        heat, turned = (network([one]).heat for one in (image, image.roll(COARSEST[1], 3)))
    torch.testing.assert_close(
        turned, heat.roll(COARSEST[1] // STRIDE[1], 3), atol=1e-4, rtol=1e-4)


def test_all_scales_have_a_say() -> None:
    torch.manual_seed(0)
    head = ObjectHead((3, 5), hidden=16, blocks=1).eval()
    fine, coarse = torch.rand(1, 3, 8, 8), torch.rand(1, 5, 4, 4)
    with torch.inference_mode():
        plain = head([fine, coarse]).heat
        assert plain.shape[2:] == (8, 8)
        assert not torch.allclose(plain, head([fine + 1.0, coarse]).heat)
        changed = head([fine, coarse + torch.eye(4)]).heat
    assert not torch.allclose(plain, changed)


def test_a_file_gives_back_a_head_of_any_size(tmp_path: Path) -> None:
    head = ObjectHead((3, 5), hidden=24, blocks=2).eval()
    save_file(head.state_dict(), tmp_path / 'head.safetensors')
    given = [torch.rand(1, 3, 8, 8), torch.rand(1, 5, 4, 4)]
    loaded = load_head(tmp_path / 'head.safetensors', (3, 5)).eval()
    assert torch.equal(loaded(given).heat, head(given).heat)


def test_weights_of_another_network_are_refused_by_the_name_of_their_file(
    tmp_path: Path
) -> None:
    save_file({'weight': torch.ones(2)}, tmp_path / 'other.safetensors')
    save_file(ObjectHead((3, 5)).state_dict(), tmp_path / 'head.safetensors')
    with pytest.raises(ValueError, match='other.safetensors: not those'):
        load_detector(tmp_path / 'other.safetensors')
    with pytest.raises(ValueError, match='head.safetensors.*lateral.1.weight differ'):
        load_head(tmp_path / 'head.safetensors', (3, 7))
