# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Figures as text: aligned tables, wrapped lines, short numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import textwrap
from typing import Any
import unicodedata

COLUMNS = 96
_NARROW = 6   # columns to which the cells of a table that is too wide are cut at most
_UNITS = ((1e12, 'T'), (1e9, 'G'), (1e6, 'M'), (1e3, 'k'))


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, left: int = 1,
               indent: str = '') -> list[str]:
    """Return the lines of a table; the first `left` columns are flush left, the others right.

    Where it is wider than a terminal, its widest columns are cut.
    """
    cells = [[printable(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(width, column)) for column in zip(*cells)]
    room = COLUMNS - len(indent) - 2 * (len(widths) - 1)
    while sum(widths) > room and max(widths) > _NARROW:
        widths[widths.index(max(widths))] -= 1
    return [(indent + '  '.join(
        _padded(clipped(cell, size), size, place < left)
        for place, (cell, size) in enumerate(zip(row, widths)))).rstrip() for row in cells]


def wrapped(text: str, indent: str = '') -> list[str]:
    """Return the lines of a text, the second and later ones indented further."""
    return textwrap.wrap(printable(text), COLUMNS, initial_indent=indent,
                         subsequent_indent=indent + '  ') or [indent]


def printable(text: str) -> str:
    """Return the text without what would move a terminal's cursor or change its colours."""
    return ''.join(sign if sign.isprintable() else ' ' for sign in text)


def clipped(text: str, columns: int) -> str:
    """Return the printable text, cut with an ellipsis where it is wider than `columns`."""
    text = printable(text)
    if width(text) <= columns:
        return text
    while width(text) > columns - 1:
        text = text[:-1]
    return text + '…'


def width(text: str) -> int:
    """Return how many columns a text takes on a terminal."""
    return sum(0 if unicodedata.combining(sign)
               else 2 if unicodedata.east_asian_width(sign) in 'WF' else 1 for sign in text)


def share(value: float | None) -> str:
    """Return a share with three digits, '-' for None."""
    return '-' if value is None else f'{value:.3f}'


def span(figure: Mapping[str, Any], sign: str = '') -> str:
    """Return the interval of a figure in words, '-' where it has none."""
    if figure['low'] is None or figure['high'] is None:
        return '-'
    return f'{figure["low"]:{sign}.3f} to {figure["high"]:{sign}.3f}'


def scaled(value: float | None, unit: str = '') -> str:
    """Return a count with three digits and a prefix, e.g. '12.3 G', '-' for None."""
    if value is None:
        return '-'
    for size, prefix in _UNITS:
        if abs(value) >= 0.9995 * size:
            return f'{value / size:#.3g}'.rstrip('.') + f' {prefix}{unit}'
    return f'{value:.3g} {unit}'.rstrip()


def milliseconds(value: float | None) -> str:
    """Return a time with one digit after the point, '-' for None."""
    return '-' if value is None else f'{value:.1f}'


def _padded(cell: str, size: int, left: bool) -> str:
    blanks = ' ' * (size - width(cell))
    return cell + blanks if left else blanks + cell
