# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A picture as SVG that reads well on light and on dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
import textwrap

# Okabe and Ito's palette, told apart by colour-blind eyes too.
COLOURS = ('#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9')
_STYLE = """
svg { font-family: sans-serif; font-size: 12px; }
.page { fill: #ffffff; } text, .ink { fill: #1f2328; } .soft { fill: #59636e; }
.line { stroke: #1f2328; fill: none; } .grid { stroke: #d1d9e0; fill: none; }
.band { fill: #eef1f4; } .dot { fill: #8c959f; }
@media (prefers-color-scheme: dark) {
.page { fill: #0d1117; } text, .ink { fill: #f0f6fc; } .soft { fill: #9198a1; }
.line { stroke: #f0f6fc; } .grid { stroke: #3d444d; } .band { fill: #1c232c; }
.dot { fill: #7d8590; } }
"""


class Picture:
    """Shapes on a page, drawn in order; lengths are pixels.

    Classes: `ink`, `soft`, `band`, `dot` fill, `line` and `grid` draw lines; they follow the page.
    """

    def __init__(self, width: int, title: str) -> None:
        self.width, self.title = width, title
        self._parts: list[str] = []

    def text(self, x: float, y: float, words: str, kind: str = 'ink', anchor: str = 'start',
             size: int = 12, bold: bool = False) -> None:
        """Write words at the left, in the middle ('middle') or at the right ('end') of a point."""
        weight = ' font-weight="bold"' if bold else ''
        self._parts.append(f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" '
                           f'font-size="{size}"{weight}>{escape(words)}</text>')

    def paragraph(self, x: float, y: float, words: str, columns: int, kind: str = 'ink') -> float:
        """Write words in lines of so many characters; return the height of the next line."""
        for line in textwrap.wrap(words, columns):
            self.text(x, y, line, kind)
            y += 16
        return y

    def box(self, x: float, y: float, width: float, height: float, *, kind: str = '',
            colour: str = '', tip: str = '') -> None:
        """Fill a box with the colour of a class or with one of its own."""
        self._shape(f'rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"',
                    kind, f'fill="{colour}"' if colour else '', tip)

    def dot(self, x: float, y: float, radius: float = 4.0, *, kind: str = '', colour: str = '',
            tip: str = '') -> None:
        """Fill a circle."""
        self._shape(f'circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"', kind,
                    f'fill="{colour}"' if colour else '', tip)

    def path(self, points: Sequence[tuple[float, float]], *, kind: str = '', colour: str = '',
             width: float = 1.0, dashed: bool = False) -> None:
        """Draw a line through points."""
        way = 'M' + 'L'.join(f'{x:.1f} {y:.1f}' for x, y in points)
        stroke = f'fill="none" stroke="{colour}" ' if colour else ''
        self._shape(f'path d="{way}"', kind, f'{stroke}stroke-width="{width:g}"'
                    + (' stroke-dasharray="5 4"' if dashed else ''), '')

    def done(self, height: float) -> str:
        """Return the picture of this height."""
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {height:.0f}" '
                f'role="img">\n<title>{escape(self.title)}</title>\n<style>{_STYLE}</style>\n'
                '<rect class="page" width="100%" height="100%"/>\n'
                + '\n'.join(self._parts) + '\n</svg>\n')

    def _shape(self, what: str, kind: str, more: str, tip: str) -> None:
        given = ' '.join(filter(None, [what, f'class="{kind}"' if kind else '', more]))
        name = what.split(' ', 1)[0]
        self._parts.append(f'<{given}><title>{escape(tip)}</title></{name}>' if tip
                           else f'<{given}/>')
