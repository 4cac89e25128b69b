# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The power of the board is read from the files that boards keep."""

from __future__ import annotations

from pathlib import Path

import pytest

from mpnp_ros.manager.power import PowerError, read_watts

JETSON = ('11-24-2026 18:00:00 RAM 2100/7620MB (lfb 4x4MB) CPU [3%@729] GR3D_FREQ 0% '
          'VDD_IN {}mW/4100mW VDD_CPU_GPU_CV 500mW/500mW\n')


@pytest.mark.parametrize(('text', 'watts'), [
    ('4500000\n', 4.5), (JETSON.format(4024) * 50 + JETSON.format(5024), 5.024),
    ('RAM 1/2MB POM_5V_IN 3000/2900 POM_5V_GPU 0/0\n', 3.0)])
def test_known_formats(tmp_path: Path, text: str, watts: float) -> None:
    (tmp_path / 'power').write_text(text)
    assert read_watts(tmp_path / 'power') == pytest.approx(watts)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(PowerError, match='power: cannot be read: No such file'):
        read_watts(tmp_path / 'power')
    (tmp_path / 'power').write_text('warm')
    with pytest.raises(PowerError, match="neither microwatts nor a log of tegrastats: 'warm'"):
        read_watts(tmp_path / 'power')
