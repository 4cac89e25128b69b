# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Draw accuracy over operations: fixed sets as dots, the learned policy as a line."""

from __future__ import annotations

from collections.abc import Mapping
import math
from typing import Any

from policy_benchmark.comparison import AT_COST, HALF, TARGET
from policy_benchmark.svg import COLOURS, Picture

_PANEL, _PLOT, _LEFT, _TOP, _HEIGHT = 370, 290, 62, 78, 300
_MARKS = {'all': COLOURS[4], 'rules': COLOURS[2], 'oracle': COLOURS[3], HALF: COLOURS[1]}


def draw_plot(found: Mapping[str, Any]) -> str:
    """Return a picture with a panel for each accounting."""
    panels = found['accountings']
    picture = Picture(_PANEL * len(panels) + 20, 'Accuracy over operations of each policy')
    picture.text(_LEFT, 24, 'Accuracy over operations of encoding and fusing', size=15, bold=True)
    shares = [one['accuracy'] for panel in panels
              for one in (*panel['policies'].values(), *panel['static_sets'].values())]
    low, high = math.floor(min(shares) * 10) / 10, math.ceil(max(shares) * 10) / 10
    for number, panel in enumerate(panels):
        _Panel(picture, _LEFT + number * _PANEL, low, high).draw(panel)
    y = _legend(picture, _TOP + _HEIGHT + 62)
    return picture.done(y + 12)


class _Panel:

    def __init__(self, picture: Picture, left: float, low: float, high: float) -> None:
        self._picture, self._left, self._low, self._high = picture, left, low, high
        self._most = 1.0

    def draw(self, panel: Mapping[str, Any]) -> None:
        """Draw the axes, the fixed sets, the line and the policies."""
        picture, policies = self._picture, panel['policies']
        self._most = max(1.0, *(one['cost'] for one in policies.values()))
        picture.text(self._left, _TOP - 16, panel['name'], bold=True)
        self._axes()
        target = TARGET * policies['all']['accuracy']
        picture.path([self._at(0.0, target), self._at(self._most, target)], kind='line',
                     dashed=True)
        picture.path([self._at(AT_COST, self._low), self._at(AT_COST, self._high)],
                     kind='line', dashed=True)
        for name, one in panel['static_sets'].items():
            picture.dot(*self._at(one['cost'], one['accuracy']), 3.5, kind='dot',
                        tip=_tip(f'static: {name}', one))
        points = [self._at(one['cost'], one['accuracy']) for one in panel['line']]
        picture.path(points, colour=COLOURS[0], width=2)
        for place, one in zip(points, panel['line']):
            picture.dot(*place, 2.5, colour=COLOURS[0],
                        tip=_tip(f'learned, accuracy_slack {one["slack"]:g}', one))
        for name, colour in _MARKS.items():
            one = policies[name]
            picture.path([self._at(one['cost'], one['low']), self._at(one['cost'], one['high'])],
                         colour=colour, width=1.5)
            picture.dot(*self._at(one['cost'], one['accuracy']), 6, colour=colour,
                        tip=_tip(name, one))

    def _axes(self) -> None:
        picture = self._picture
        for tenth in range(round(self._low * 10), round(self._high * 10) + 1):
            x, y = self._at(0.0, tenth / 10)
            picture.path([(x, y), self._at(self._most, tenth / 10)], kind='grid')
            picture.text(x - 8, y + 4, f'{10 * tenth} %', 'soft', 'end')
        for quarter in range(5):
            x, y = self._at(quarter / 4, self._low)
            picture.text(x, y + 18, f'{25 * quarter} %', 'soft', 'middle')
        picture.text(self._left + _PLOT / 2, _TOP + _HEIGHT + 36,
                     'operations, of those of all', 'soft', 'middle')

    def _at(self, cost: float, accuracy: float) -> tuple[float, float]:
        share = (accuracy - self._low) / max(self._high - self._low, 1e-9)
        return (self._left + _PLOT * cost / self._most,
                _TOP + _HEIGHT * (1.0 - min(max(share, 0.0), 1.0)))


def _legend(picture: Picture, y: float) -> float:
    x = float(_LEFT)
    for name, kind, colour in (('every fixed set', 'dot', ''),
                               ('learned, by accuracy_slack', '', COLOURS[0]),
                               *((name, '', colour) for name, colour in _MARKS.items())):
        picture.dot(x, y - 4, 5, kind=kind, colour=colour)
        picture.text(x + 10, y, name)
        x += 34 + 6.6 * len(name)
    picture.text(_LEFT, y + 20, f'Dashed: {TARGET:.0%} of the accuracy of all, and '
                 f'{AT_COST:.0%} of its operations. Bars: 95 % intervals over scenes.', 'soft')
    return y + 20


def _tip(name: str, one: Mapping[str, float]) -> str:
    return f'{name}: {one["accuracy"]:.1%} right for {one["cost"]:.1%} of the operations'
