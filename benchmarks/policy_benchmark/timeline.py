# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Draw a managed drive over time: modalities, reasons, answers, latency and operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
import itertools
from typing import Any

from policy_benchmark.svg import COLOURS, Picture

_WIDTH, _LEFT, _RIGHT = 1180, 130, 1160
_LANE, _BARS, _TOP = 24, 70, 84
_COLUMNS = 165   # characters of a line of reasons
_RIGHT_COLOUR, _WRONG_COLOUR = COLOURS[2], COLOURS[1]

Step = Mapping[str, Any]


def draw_timeline(drive: Mapping[str, Any]) -> str:
    """Return the picture of what ManagedDrive found."""
    return _Timeline(drive).draw()


class _Timeline:

    def __init__(self, drive: Mapping[str, Any]) -> None:
        self._drive, self._steps = drive, list(drive['steps'])
        self._picture = Picture(_WIDTH, f'A drive under the policy {drive["policy"]}')
        self._parts = [list(part) for _, part in itertools.groupby(
            self._steps, lambda step: step['condition'])]
        gaps = 0.5 * (len(self._parts) - 1)
        self._wide = (_RIGHT - _LEFT) / (len(self._steps) + gaps)
        self._lefts = [_LEFT + self._wide * (index + 0.5 * part)
                       for part, index in self._places()]

    def draw(self) -> str:
        picture = self._picture
        picture.text(16, 24, f'{picture.title}: what is used, and why', size=15, bold=True)
        body = (_LANE * (len(self._drive['modalities']) + len(self._drive['kinds']))
                + 2 * (_BARS + 34) + 40)
        self._bands(body)
        y = self._lanes(_TOP)
        y = self._answers(y + 16)
        y = self._bars(y + 30, 'latency, ms', self._stack_ms(), 'encoding', 'answering',
                       lambda value: f'{value:.0f} ms')
        y = self._bars(y + 34, 'GFLOPs', self._stack_gflops(), 'encoding', 'fusing',
                       lambda value: f'{value:.2f}', limit=_gflops(self._drive['all']))
        for left, step in zip(self._lefts, self._steps):
            picture.text(left + self._wide / 2, y + 18, f'{step["at_s"]:.1f} s', 'soft', 'middle')
        return picture.done(self._reasons(y + 48) + 8)

    def _places(self) -> Iterator[tuple[int, int]]:
        index = 0
        for number, part in enumerate(self._parts):
            for _ in part:
                yield number, index
                index += 1

    def _bands(self, height: float) -> None:
        first = 0
        for part in self._parts:
            left = self._lefts[first]
            self._picture.box(left - 3, 36, self._wide * len(part) + 3, _TOP - 36 + height,
                              kind='band')
            answers = [one for step in part for one in step['answers']]
            share = (sum(_gflops(step) for step in part) / len(part)
                     / max(_gflops(self._drive['all']), 1e-9))
            self._picture.text(left + 4, 52, part[0]['condition'], bold=True)
            self._picture.text(
                left + 4, 68, f'{sum(one["right"] for one in answers)} of {len(answers)} right, '
                f'{share:.0%} of the operations of all', 'soft')
            first += len(part)

    def _lanes(self, y: float) -> float:
        """Draw a lane for each modality, with the usability of what is used, and the changes."""
        picture, numbers = self._picture, dict(self._changes())
        for name in self._drive['modalities']:
            colour = COLOURS[self._drive['modalities'].index(name) % len(COLOURS)]
            picture.text(16, y + 16, name)
            for left, step in zip(self._lefts, self._steps):
                used, tip = name in step['used'], step['reasons'].get(name, '')
                if not used:
                    picture.box(left + self._wide / 2 - 4, y + 10, 8, 3, kind='dot', tip=tip)
                    continue
                picture.box(left, y + 2, self._wide - 3, _LANE - 4, colour=colour, tip=tip)
                usability = step['usability'].get(name, 1.0)
                if usability < 0.995:
                    self._chip(left + self._wide / 2 - 1, y + 16, f'{usability:.2f}')
            y += _LANE
        for index, number in numbers.items():
            x = self._lefts[index] + self._wide / 2
            picture.dot(x, y + 8, 8, kind='ink')
            picture.text(x, y + 12, str(number), 'page', 'middle', 10, True)
        return y + 16

    def _chip(self, x: float, y: float, words: str) -> None:
        self._picture.box(x - 15, y - 12, 30, 15, kind='page')
        self._picture.text(x, y, words, anchor='middle', size=11)

    def _answers(self, y: float) -> float:
        picture = self._picture
        for kind in self._drive['kinds']:
            picture.text(16, y + 16, f'asked: {kind}')
            for left, step in zip(self._lefts, self._steps):
                x, middle = left + self._wide / 2, y + 12
                for one in step['answers']:
                    if one['kind'] != kind:
                        continue
                    said = f'{one["question"]} {one["answer"]}'
                    if one['right']:
                        picture.dot(x, middle, 6, colour=_RIGHT_COLOUR, tip=f'{said}: right')
                    else:
                        for slope in (-5, 5):
                            picture.path([(x - 5, middle - slope), (x + 5, middle + slope)],
                                         colour=_WRONG_COLOUR, width=2.5)
                        picture.dot(x, middle, 3, colour=_WRONG_COLOUR,
                                    tip=f'{said}: wrong, it is {one["expected"]}')
            y += _LANE
        return y

    def _stack_ms(self) -> list[tuple[float, float]]:
        return [(step['encode_ms'], step['answer_ms']) for step in self._steps]

    def _stack_gflops(self) -> list[tuple[float, float]]:
        return [(1e-9 * step['encode_flops'], 1e-9 * step['fuse_flops']) for step in self._steps]

    def _bars(self, y: float, what: str, stacks: Sequence[tuple[float, float]], below: str,
              above: str, said: Callable[[float], str], limit: float = 0.0) -> float:
        """Draw a bar of two parts for each step; `limit` is what everything together takes."""
        picture = self._picture
        most = max(limit, *(sum(stack) for stack in stacks), 1e-9)
        picture.text(16, y + 12, what)
        for number, (name, colour) in enumerate(((below, COLOURS[0]), (above, COLOURS[4]))):
            picture.box(16, y + 20 + 18 * number, 10, 10, colour=colour)
            picture.text(32, y + 29 + 18 * number, name, 'soft')
        for left, stack in zip(self._lefts, stacks):
            floor = y + _BARS
            for value, colour in zip(stack, (COLOURS[0], COLOURS[4])):
                height = _BARS * value / most
                floor -= height
                picture.box(left + 4, floor, self._wide - 11, height, colour=colour)
            picture.text(left + self._wide / 2 - 1, floor - 4, said(sum(stack)), 'soft',
                         'middle', 10)
        if limit:
            height = y + _BARS * (1.0 - limit / most)
            picture.path([(_LEFT, height), (_RIGHT, height)], kind='line', dashed=True)
            picture.text(_LEFT - 6, height + 4, 'all', 'soft', 'end')
        return y + _BARS

    def _changes(self) -> Iterator[tuple[int, int]]:
        """Return the places at which something else is used than before, numbered from 1."""
        before: list[str] | None = None
        number = itertools.count(1)
        for index, step in enumerate(self._steps):
            if before is None or list(step['used']) != before:
                yield index, next(number)
            before = list(step['used'])

    def _reasons(self, y: float) -> float:
        """Write down why what is used changed."""
        for index, number in self._changes():
            step = self._steps[index]
            before = self._steps[index - 1]['used'] if index else ()
            changed = [name for name in self._drive['modalities'] if not index
                       or (name in step['used']) != (name in before)]
            words = '; '.join(f'{name} {"in" if name in step["used"] else "out"}: '
                              f'{step["reasons"].get(name, "")}' for name in changed)
            y = self._picture.paragraph(
                16, y, f'{number}  {step["at_s"]:.1f} s, {step["condition"]}: {words}',
                _COLUMNS) + 4
        return y


def _gflops(step: Step) -> float:
    return 1e-9 * float(step['encode_flops'] + step['fuse_flops'])
