/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   The small drawings that several sections share: marks, bars of shares, axes. */
'use strict';

// Right and wrong differ in shape, not in colour alone. Centred on 0, 0; about 9 pixels wide.
const SHAPES = {
  right: 'M0-4.2A4.2 4.2 0 1 1 0 4.2A4.2 4.2 0 1 1 0-4.2Z',
  wrong: 'M-3.8-3.8 3.8 3.8M3.8-3.8-3.8 3.8',
  refused: 'M-3.4-3.4H3.4V3.4H-3.4Z',
  open: 'M-4 0H4',
  question_only: 'M0-3.6A3.6 3.6 0 1 1 0 3.6A3.6 3.6 0 1 1 0-3.6Z',
  shuffled: 'M0-4.4 4.2 3.4H-4.2Z',
  majority: 'M0-4.6 4.6 0 0 4.6-4.6 0Z',
  before: 'M0-6V6',
};

function glyph(kind, label = null) {
  return svg('svg', {
    class: `glyph ${kind}`, viewBox: '-7 -7 14 14', width: 14, height: 14,
    ...(label ? {role: 'img', 'aria-label': label} : {'aria-hidden': 'true'}),
  }, svg('path', {class: 'shape', d: SHAPES[kind]}));
}

/* A mark at a share of the width: nested, because a path knows no per cent. */
function markAt(share, kind, middle) {
  return svg('svg', {x: `${100 * share}%`, y: middle, overflow: 'visible', class: kind},
    svg('path', {class: 'shape', d: SHAPES[kind]}));
}

/* Accuracy as a bar from 0, its interval as a line over it, controls as open marks. */
function shareBar(one, marks = []) {
  const middle = 10;
  const parts = [svg('rect', {class: 'track', x: 0, y: middle - 5, width: '100%', height: 10})];
  if (known(one?.accuracy)) {
    parts.push(svg('rect', {
      class: 'share', x: 0, y: middle - 5, width: `${100 * one.accuracy}%`, height: 10}));
  }
  if (known(one?.low) && known(one?.high)) {
    const [low, high] = [one.low, one.high].map((share) => `${100 * share}%`);
    parts.push(
      svg('line', {class: 'whisker', x1: low, x2: high, y1: middle, y2: middle}),
      svg('line', {class: 'whisker', x1: low, x2: low, y1: middle - 3, y2: middle + 3}),
      svg('line', {class: 'whisker', x1: high, x2: high, y1: middle - 3, y2: middle + 3}));
  }
  parts.push(...marks.filter((mark) => known(mark.share))
    .map((mark) => markAt(mark.share, mark.kind, middle)));
  return svg('svg', {class: 'bar-plot', width: '100%', height: 20, 'aria-hidden': 'true'}, parts);
}

function legend(kinds) {
  return el('ul', {class: 'legend'}, kinds.map(([kind, words]) =>
    el('li', {}, glyph(kind), ` ${words}`)));
}

/* Frame, grid and labels of a plot with both axes; `x` and `y` give pixels. */
function axes({width, height, left, right, top, bottom}, xTicks, yTicks, x, y, names) {
  return svg('g', {class: 'axes'},
    yTicks.map(([at, words]) => [
      svg('line', {class: 'grid', x1: left, x2: width - right, y1: y(at), y2: y(at)}),
      svg('text', {x: left - 6, y: y(at), 'text-anchor': 'end', dy: '0.32em'}, words)]),
    xTicks.map(([at, words]) => [
      svg('line', {class: 'grid', x1: x(at), x2: x(at), y1: top, y2: height - bottom}),
      svg('text', {x: x(at), y: height - bottom + 15, 'text-anchor': 'middle'}, words)]),
    svg('text', {class: 'name', x: (left + width - right) / 2, y: height - 4,
      'text-anchor': 'middle'}, names.x),
    svg('text', {class: 'name', x: left, y: top - 10, 'text-anchor': 'start'}, names.y));
}
