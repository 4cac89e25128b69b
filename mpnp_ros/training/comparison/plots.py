# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Plots of a comparison as SVG, drawn without a library."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
import math

from mpnp_ros.training.comparison.figures import Mean

WIDTH, HEIGHT = 760, 440
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 200, 40, 56
# Okabe and Ito's palette, told apart by colour-blind eyes too.
COLORS = ('#0072B2', '#56B4E9', '#D55E00', '#E69F00', '#009E73', '#CC79A7', '#000000', '#999999')


@dataclass(frozen=True)
class Line:
    """A line of a plot; `dashed` without points."""

    name: str
    points: Sequence[tuple[float, float]]
    dashed: bool = False


def line_plot(title: str, across: str, lines: Sequence[Line]) -> str:
    """Return accuracy over something, whose axis is logarithmic; points at 0 stand at its edge."""
    values = [x for line in lines for x, _ in line.points if x > 0] or [1.0]
    low, high = math.log10(min(values)) - 0.15, math.log10(max(values)) + 0.05
    best = max([y for line in lines for _, y in line.points] or [1.0])
    top = min(math.ceil(best * 10 + 0.2) / 10, 1.0)

    def place(x: float, y: float) -> tuple[float, float]:
        share = (math.log10(x) - low) / (high - low) if x > 0 else 0.0
        return (_LEFT + share * (WIDTH - _LEFT - _RIGHT),
                HEIGHT - _BOTTOM - y / top * (HEIGHT - _TOP - _BOTTOM))

    parts = [*_frame(title, across), *_shares(top, place, 10.0 ** high)]
    for power in range(math.floor(low), math.ceil(high) + 1):
        for factor in (1, 2, 5):
            x = factor * 10.0 ** power
            if low <= math.log10(x) <= high:
                parts.append(_text(place(x, 0)[0], HEIGHT - _BOTTOM + 18, f'{x:g}', 'middle'))
    for number, line in enumerate(lines):
        color = COLORS[number % len(COLORS)]
        points = [place(x, y) for x, y in line.points]
        dashes = ' stroke-dasharray="6 4"' if line.dashed else ''
        parts.append(f'<polyline fill="none" stroke="{color}" stroke-width="2"{dashes} points="'
                     + ' '.join(f'{x:.1f},{y:.1f}' for x, y in points) + '"/>')
        if not line.dashed:
            parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>'
                      for x, y in points]
        parts += _entry(number, line.name, color)
    return _svg(parts)


def bar_plot(title: str, groups: Sequence[str],
             bars: Mapping[str, Sequence[Mean | None]]) -> str:
    """Return bars with intervals, for each group one of each name."""
    room = (WIDTH - _LEFT - _RIGHT) / max(len(groups), 1)
    thick = 0.8 * room / max(len(bars), 1)

    def place(x: float, y: float) -> tuple[float, float]:
        return _LEFT + x * room, HEIGHT - _BOTTOM - y * (HEIGHT - _TOP - _BOTTOM)

    parts = [*_frame(title, ''), *_shares(1.0, place, len(groups))]
    for number, (name, means) in enumerate(bars.items()):
        color = COLORS[number % len(COLORS)]
        for group, mean in enumerate(means):
            if mean is None:
                continue
            left = place(group + 0.1, 0)[0] + number * thick
            (_, y), (_, low), (_, high) = (place(0, one) for one in (
                mean.mean, mean.low, mean.high))
            parts.append(f'<rect x="{left:.1f}" y="{y:.1f}" width="{0.9 * thick:.1f}" '
                         f'height="{HEIGHT - _BOTTOM - y:.1f}" fill="{color}"/>')
            parts.append(f'<path d="M{left + 0.45 * thick:.1f} {low:.1f}V{high:.1f}" '
                         'stroke="#444"/>')
        parts += _entry(number, name, color)
    for group, name in enumerate(groups):
        x, y = place(group + 0.5, 0)
        parts.append(f'<text x="{x:.1f}" y="{y + 12:.1f}" text-anchor="end" '
                     f'transform="rotate(-35 {x:.1f} {y + 12:.1f})">{escape(name)}</text>')
    return _svg(parts)


def _frame(title: str, across: str) -> list[str]:
    return [
        f'<text x="{_LEFT}" y="24" font-size="15" font-weight="bold">{escape(title)}</text>',
        _text((_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 12, across, 'middle')]


def _shares(top: float, place: Callable[[float, float], tuple[float, float]],
            last: float) -> list[str]:
    parts = []
    for tenth in range(0, round(top * 10) + 1, 1 if top <= 0.6 else 2):
        y = place(last, tenth / 10)[1]
        parts.append(f'<path d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}" stroke="#ddd"/>')
        parts.append(_text(_LEFT - 8, y + 4, f'{10 * tenth} %', 'end'))
    return parts


def _entry(number: int, name: str, color: str) -> list[str]:
    x, y = WIDTH - _RIGHT + 12, _TOP + 20 * number
    return [f'<rect x="{x}" y="{y}" width="12" height="12" fill="{color}"/>',
            _text(x + 18, y + 10, name, 'start')]


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(parts: Sequence[str]) -> str:
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            'font-family="sans-serif" font-size="12">\n'
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>\n'
            + '\n'.join(parts) + '\n</svg>\n')
