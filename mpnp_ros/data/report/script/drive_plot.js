/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   Draw a timeline: axis, lanes of modalities, stacked answers, a line, the whole below. */
'use strict';

const NARROW = 640;       // below it names stand above their lanes
const GUTTER = 118;
const LETTER = 6.4;       // pixels of a letter of a reason, at most

/* Where things are, in pixels. */
class TimelinePlaces {
  constructor(width, drive, metric) {
    const narrow = width < NARROW;
    this.name = narrow ? 15 : 0;
    this.left = narrow ? 8 : GUTTER;
    this.right = width - 8;
    this.axis = 22;
    let top = this.axis + 6;
    this.lanes = drive.lanes.map(() => {
      const place = top + this.name;
      top = place + LANE + 5;
      return place;
    });
    this.answers = top + 4 + this.name;
    this.half = Math.min(HALF[1], Math.max(HALF[0], drive.most * STEP + 6));
    this.middle = this.answers + this.half;
    top = this.middle + this.half + 8;
    this.line = metric ? top + this.name : null;
    if (metric) top = this.line + LINE + 8;
    this.strip = top;
    this.height = top + STRIP + 2;
  }

  /* Height of one answer in the lane: that of a mark, less where the stacks are higher. */
  pitch(stacked) {
    const most = Math.max(1, ...stacked.map((one) => Math.max(one.up.length, one.down.length)));
    return Math.min(STEP, (this.half - 4) / most);
  }

  mark(stacked, side, index) {
    const from = (index + 0.5) * this.pitch(stacked) + 2;
    return this.middle + (side === 'up' ? -from : from);
  }
}

function drawTimeline(timeline) {
  return [axisOf(timeline), lanesPlot(timeline), answersPlot(timeline), linePlot(timeline),
    stripPlot(timeline)];
}

function named(timeline, words, middle, top) {
  return timeline.place.name
    ? svg('text', {class: 'lane-name', x: timeline.place.left, y: top - 4}, words)
    : svg('text', {class: 'lane-name', x: timeline.place.left - 10, y: middle,
      'text-anchor': 'end', dy: '0.34em'}, words);
}

function axisOf({place, from, to, x}) {
  const wanted = Math.max(3, Math.floor((place.right - place.left) / 90));
  const digits = to - from < wanted ? 1 : 0;
  return svg('g', {class: 'axis'}, ticks(from, to, wanted).map((time) => [
    svg('line', {class: 'grid', x1: x(time), x2: x(time), y1: place.axis - 4,
      y2: place.strip - 4}),
    svg('text', {x: x(time), y: place.axis - 9, 'text-anchor': x(time) > place.right - 20
      ? 'end' : x(time) < place.left + 16 ? 'start' : 'middle'}, clock(time, digits))]));
}

function lanesPlot(timeline) {
  const {place, drive, x, from, to} = timeline;
  return svg('g', {class: 'lanes'}, drive.lanes.map(({modality, spans}, index) => {
    const top = place.lanes[index];
    return [named(timeline, modality, top + LANE / 2, top),
      spans.filter((span) => span.to >= from && span.from <= to).map((span) => {
        const left = Math.max(place.left, x(span.from));
        const right = Math.min(place.right, x(span.to));
        return laneSpan(span, left, Math.max(1, right - left), top);
      })];
  }));
}

/* A span in use is filled, one decided for but unused is hatched by its outline, one left out is
   a line; its reason is written where there is room. */
function laneSpan({state, reason}, left, width, top) {
  const room = Math.floor((width - 12) / LETTER);
  const words = reason && room >= 4
    ? svg('text', {class: `reason ${state}`, x: left + 6, y: top + LANE / 2, dy: '0.34em'},
      reason.length > room ? `${reason.slice(0, room - 1)}…` : reason) : null;
  return svg('g', {}, laneShape(state, left, width, top, LANE), words);
}

function laneShape(state, left, width, top, height) {
  const shape = state === LEFT_OUT
    ? svg('line', {x1: left, x2: left + width, y1: top + height - 2, y2: top + height - 2})
    : svg('rect', {x: left, width: Math.max(1, width - 1), y: top, height, rx: 2});
  return svg('g', {class: `span ${state}`}, shape);
}

function answersPlot(timeline) {
  const {place, stacks: stacked} = timeline;
  const pitch = place.pitch(stacked);
  const marks = pitch >= 0.8 * STEP;
  const drawn = Object.fromEntries(VERDICTS.map((verdict) => [verdict, []]));
  for (const stack of stacked) {
    for (const side of ['up', 'down']) {
      stack[side].forEach((row, index) => {
        drawn[answers.verdicts[row]].push([stack.x, place.mark(stacked, side, index)]);
      });
    }
  }
  const {left, right, middle} = place;
  return svg('g', {class: 'answers'},
    place.name ? named(timeline, 'answers', middle, place.answers) : [
      named(timeline, 'right', middle - place.half / 2),
      named(timeline, 'wrong', middle + place.half / 2)],
    svg('line', {class: 'middle', x1: left, x2: right, y1: middle, y2: middle}),
    VERDICTS.map((verdict) => svg('path', {
      class: `${verdict} ${marks ? 'shape' : 'block'}`,
      d: drawn[verdict].map(([x, y]) => (marks ? `M${x} ${y}${RELATIVE[verdict]}`
        : `M${x - STEP / 2 + 1} ${(y - pitch / 2).toFixed(2)}h${STEP - 2}v${pitch.toFixed(2)}`
          + `h${2 - STEP}z`)).join('')})));
}

// The shapes of `SHAPES`, from their middle on.
const RELATIVE = {
  right: 'm0-3.6a3.6 3.6 0 1 1 0 7.2a3.6 3.6 0 1 1 0-7.2z',
  wrong: 'm-3.3-3.3 6.6 6.6m0-6.6-6.6 6.6',
  refused: 'm-3-3h6v6h-6z',
  open: 'm-3.6 0h7.2',
};

function linePlot(timeline) {
  const {place, metric, drive, x, shown} = timeline;
  if (!metric) return null;
  const most = drive.rows.reduce((high, row) => Math.max(high, metric.value(row) ?? 0), 0) || 1;
  const top = place.line + 8;
  const y = (value) => place.line + LINE - value / most * (LINE - 8);
  const {line, area, lone} = envelope(shown, metric.value, x, y);
  const clip = `clip-${metric.name}`;
  return svg('g', {class: 'measured'},
    named(timeline, metric.words, place.line + LINE / 2, place.line),
    svg('line', {class: 'middle', x1: place.left, x2: place.right, y1: y(0), y2: y(0)}),
    svg('line', {class: 'grid', x1: place.left, x2: place.right, y1: top, y2: top}),
    svg('clipPath', {id: clip}, svg('rect', {x: place.left, y: place.line - 4,
      width: place.right - place.left, height: LINE + 8})),
    svg('g', {'clip-path': `url(#${clip})`},
      svg('path', {class: 'area', d: area}), svg('path', {class: 'line', d: line}),
      lone ? svg('circle', {class: 'lone', cx: lone[0], cy: lone[1], r: 3}) : null),
    svg('text', {class: 'limit', x: place.right, y: top - 4, 'text-anchor': 'end'},
      `up to ${milliseconds(most)}`));
}

/* The whole drive with its wrong answers, and which part of it is shown. */
function stripPlot({place, drive, from, to}) {
  const {left, right, strip} = place;
  const x = (time) => left + (time - drive.from) / (drive.to - drive.from) * (right - left);
  const ticksOf = (wanted) => [...new Set(drive.rows
    .filter((row) => (answers.verdicts[row] === WRONG) === wanted)
    .map((row) => Math.round(x(answers.time(row)))))];
  return svg('g', {class: 'strip'},
    svg('rect', {class: 'track', x: left, width: right - left, y: strip, height: STRIP}),
    svg('path', {class: 'any', d: ticksOf(false).map((at) =>
      `M${at} ${strip + 2}v${STRIP / 2 - 2}`).join('')}),
    svg('path', {class: 'wrong', d: ticksOf(true).map((at) =>
      `M${at} ${strip + STRIP / 2}v${STRIP / 2 - 2}`).join('')}),
    svg('rect', {class: 'window', x: x(from), width: Math.max(2, x(to) - x(from)), y: strip,
      height: STRIP}));
}
