/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   The timeline of a drive: look at a moment with pointer or keys, choose a record, zoom. */
'use strict';

const STEP = 10;          // pixels of a mark
const HALF = [46, 104];   // pixels of answers above, and below, the middle: least and most
const LANE = 20;
const LINE = 62;          // pixels of the measured line
const STRIP = 16;
const MOST_ZOOM = 400;

class Timeline {
  constructor(place) {
    this.plot = el('div', {class: 'timeline', tabindex: 0, role: 'slider',
      'aria-label': 'Answers of the drive; Enter opens one', on: {
        keydown: (event) => this.#key(event), focus: () => this.#focus(),
        pointerdown: (event) => this.#down(event), pointermove: (event) => this.#move(event),
        pointerup: (event) => this.#up(event), pointercancel: () => this.#brush(null),
      }});
    this.readout = el('div', {class: 'readout', 'aria-live': 'polite'});
    this.zoom = el('input', {type: 'range', min: 0, max: 100, step: 1, value: 0,
      on: {input: () => this.#slide()}});
    this.position = el('input', {type: 'range', min: 0, max: 1000, step: 1, value: 0,
      on: {input: () => this.#slide()}});
    this.whole = button('Whole drive', () => this.#show(this.drive.from, this.drive.to));
    this.metrics = el('div');
    place.append(
      el('div', {class: 'tools'},
        el('label', {class: 'field'}, el('span', {}, 'Zoom'), this.zoom),
        el('label', {class: 'field'}, el('span', {}, 'Position'), this.position),
        this.whole, this.metrics),
      this.plot, this.readout);
    new ResizeObserver(() => this.draw()).observe(this.plot);
  }

  /* Show another drive as a whole. */
  take(drive) {
    this.drive = drive;
    this.metric = drive.metrics[0] ?? null;
    this.row = drive.rows[0];
    this.plot.setAttribute('aria-valuemin', 1);
    this.plot.setAttribute('aria-valuemax', drive.rows.length);
    this.metrics.replaceChildren(drive.metrics.length < 2 ? '' : select(
      'Line', drive.metrics.map(({name, words}) => [name, words]), this.metric.name, (name) => {
        this.metric = drive.metrics.find((metric) => metric.name === name);
        this.draw();
      }));
    this.#show(drive.from, drive.to);
    this.point(this.row);
  }

  /* Point at a row, and bring it into view. */
  point(row) {
    this.row = row;
    const time = answers.time(row);
    if (time < this.from || time > this.to) {
      const half = (this.to - this.from) / 2;
      this.#show(time - half, time + half);
    }
    this.#cursor();
    this.readout.replaceChildren(...readout(row));
    this.plot.setAttribute('aria-valuenow', this.drive.rows.indexOf(row) + 1);
    this.plot.setAttribute('aria-valuetext', `${clock(time)}, `
      + `${VERDICT_WORDS[answers.verdicts[row]]}: ${answers.text('question', row)}`);
  }

  #show(from, to) {
    const {drive} = this;
    const span = Math.min(drive.to - drive.from,
      Math.max(to - from, (drive.to - drive.from) / MOST_ZOOM));
    this.from = Math.max(drive.from, Math.min(from, drive.to - span));
    this.to = this.from + span;
    const left = drive.to - drive.from - span;
    this.zoom.value = 100 * Math.log((drive.to - drive.from) / span) / Math.log(MOST_ZOOM);
    this.position.value = left > 0 ? 1000 * (this.from - drive.from) / left : 0;
    this.position.disabled = this.whole.disabled = left <= 1e-9;
    this.draw();
  }

  #slide() {
    const {drive} = this;
    const span = (drive.to - drive.from) / MOST_ZOOM ** (this.zoom.value / 100);
    const zoomed = Math.abs(span - (this.to - this.from)) > 1e-6 * span;
    // Zooming keeps the moment that is looked at where it is.
    const at = answers.time(this.row);
    const share = (at - this.from) / (this.to - this.from);
    const from = zoomed ? at - span * Math.min(1, Math.max(0, share))
      : drive.from + (drive.to - drive.from - span) * this.position.value / 1000;
    this.#show(from, from + span);
  }

  draw() {
    const width = Math.round(this.plot.clientWidth);
    if (!this.drive || !width) return;
    this.place = new TimelinePlaces(width, this.drive, this.metric);
    this.x = (time) => this.place.left
      + (time - this.from) / (this.to - this.from) * (this.place.right - this.place.left);
    const margin = (this.to - this.from) * 0.01;
    this.shown = this.drive.rows.filter((row) => {
      const time = answers.time(row);
      return time >= this.from - margin && time <= this.to + margin;
    });
    this.stacks = stacks(this.shown, this.x, this.place.left, STEP);
    this.over = svg('g', {class: 'over'});
    this.band = svg('rect', {class: 'brush', y: 0, height: this.place.height,
      visibility: 'hidden'});
    this.plot.replaceChildren(svg('svg', {width, height: this.place.height,
      viewBox: `0 0 ${width} ${this.place.height}`, 'aria-hidden': 'true'},
      drawTimeline(this), this.band, this.over));
    this.#cursor();
  }

  #cursor() {
    if (!this.over || this.row === undefined) return;
    const x = this.x(answers.time(this.row));
    if (x < this.place.left - 1 || x > this.place.right + 1) {
      this.over.replaceChildren();
      return;
    }
    const at = this.#markOf(this.row);
    this.over.replaceChildren(
      svg('line', {class: 'cursor', x1: x, x2: x, y1: this.place.axis,
        y2: this.place.height - STRIP}),
      ...(at ? [svg('circle', {class: 'ring', cx: at.x, cy: at.y, r: 7})] : []));
  }

  #markOf(row) {
    for (const stack of this.stacks) {
      for (const side of ['up', 'down']) {
        const index = stack[side].indexOf(row);
        if (index >= 0) return {x: stack.x, y: this.place.mark(this.stacks, side, index)};
      }
    }
    return null;
  }

  /* The row at a place: its mark in the lane of answers, otherwise the nearest in time. */
  #rowAt(event) {
    const box = this.plot.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    if (Math.abs(y - this.place.middle) <= this.place.half) {
      const near = this.stacks.reduce((best, stack) =>
        (!best || Math.abs(stack.x - x) < Math.abs(best.x - x) ? stack : best), null);
      if (near && Math.abs(near.x - x) <= STEP) {
        const side = y < this.place.middle ? 'up' : 'down';
        const rows = near[side].length ? near[side] : near[side === 'up' ? 'down' : 'up'];
        const index = Math.round(Math.abs(y - this.place.middle) / this.place.pitch(this.stacks)
          - 0.5);
        return rows[Math.max(0, Math.min(rows.length - 1, index))];
      }
    }
    return this.drive.nearest(this.#timeAt(x));
  }

  #timeAt(x) {
    const {left, right} = this.place;
    return this.from + (x - left) / (right - left) * (this.to - this.from);
  }

  #focus() {
    if (this.row !== undefined) this.point(this.row);
  }

  #key(event) {
    const {rows} = this.drive;
    const at = rows.indexOf(this.row);
    const steps = {ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10,
      PageDown: -10, Home: -rows.length, End: rows.length};
    if (event.key in steps) {
      this.point(rows[Math.max(0, Math.min(rows.length - 1, at + steps[event.key]))]);
    } else if (event.key === 'Enter' || event.key === ' ') {
      choice.pick(this.row);
    } else if (event.key === '+' || event.key === '-') {
      this.zoom.value = Number(this.zoom.value) + (event.key === '+' ? 10 : -10);
      this.#slide();
    } else {
      return;
    }
    event.preventDefault();
  }

  #down(event) {
    if (event.button) return;
    this.pressed = event.clientX;
    this.plot.setPointerCapture(event.pointerId);
  }

  #move(event) {
    if (this.pressed !== undefined && Math.abs(event.clientX - this.pressed) > 6) {
      this.#brush([this.pressed, event.clientX]);
    } else if (event.pointerType !== 'touch') {
      const row = this.#rowAt(event);
      if (row !== this.row) this.point(row);
    }
  }

  #up(event) {
    if (this.pressed === undefined) return;
    const start = this.pressed;
    this.#brush(null);
    if (Math.abs(event.clientX - start) > 6) {
      const left = this.plot.getBoundingClientRect().left;
      const [from, to] = [start, event.clientX].map((x) => this.#timeAt(x - left))
        .sort((one, other) => one - other);
      this.#show(from, to);
      return;
    }
    const row = this.#rowAt(event);
    // The first touch looks, the second opens: a finger cannot hover.
    const look = event.pointerType === 'touch' && row !== this.row;
    this.point(row);
    if (!look) choice.pick(row);
  }

  #brush(ends) {
    if (!ends) {
      this.pressed = undefined;
      this.band?.setAttribute('visibility', 'hidden');
      return;
    }
    const left = this.plot.getBoundingClientRect().left;
    const [from, to] = ends.map((x) => x - left).sort((one, other) => one - other);
    filled(this.band, {x: from, width: to - from, visibility: 'visible'}, []);
  }
}

function readout(row) {
  const verdict = answers.verdicts[row];
  const latency = answers.latency(row);
  return [
    el('div', {class: 'said'},
      el('p', {class: 'moment'}, el('span', {class: 'time'}, clock(answers.time(row), 2)),
        glyph(verdict), ` ${VERDICT_WORDS[verdict]}`,
        known(latency) ? ` · ${milliseconds(latency)}` : ''),
      el('p', {}, said(answers.text('question', row))),
      el('p', {class: 'given'}, givenWords(row))),
    el('ul', {class: 'reasons'}, modalityStates(row).map(({modality, state, reason, age_ms}) =>
      el('li', {class: state}, el('strong', {}, modality),
        ` ${STATE_WORDS[state]}${known(age_ms) ? `, ${seconds(age_ms / 1000)} old` : ''}`,
        reason ? [': ', said(reason)] : ''))),
  ];
}

function drawDrives() {
  const bags = [...new Set(answers.columns.id.map((_, row) => answers.text('bag', row)))];
  if (!bags.length) return;
  const tools = el('div', {class: 'tools'});
  const place = el('div', {class: 'drive'});
  unhide('drives').append(
    el('p', {class: 'hint'}, 'Answers stand above the line where they were right and below it '
      + 'where they were not. Drag to zoom; a mark opens its record. With keys: arrows, + and −, '
      + 'Enter.'),
    driveLegend(),
    tools, place);
  const timeline = new Timeline(place);
  const drives = new Map();
  const show = () => {
    const bag = bags.includes(choice.drive) ? choice.drive : bags[0];
    if (timeline.drive?.bag === bag) return;
    if (!drives.has(bag)) drives.set(bag, new Drive(bag));
    timeline.take(drives.get(bag));
    if (bags.length > 1) tools.replaceChildren(...drivePicker(bags, bag));
  };
  choice.on('drive', show);
  choice.on('record', () => {
    if (choice.record < 0) return;
    const bag = answers.text('bag', choice.record);
    if (timeline.drive?.bag === bag) timeline.point(choice.record);
  });
  show();
  return timeline;
}

function driveLegend() {
  const verdicts = VERDICTS.filter((verdict) => answers.verdicts.includes(verdict));
  const states = [[IN_USE, 'in use'], [UNUSED, 'chosen, nothing usable had arrived'],
    [LEFT_OUT, 'left out']];
  return el('ul', {class: 'legend'},
    verdicts.map((verdict) => el('li', {}, glyph(verdict), ` ${VERDICT_WORDS[verdict]}`)),
    states.map(([state, words]) => el('li', {}, svg('svg', {class: 'swatch', width: 26, height: 12,
      'aria-hidden': 'true'}, laneShape(state, 1, 24, 1, 10)), ` ${words}`)));
}

function drivePicker(bags, bag) {
  const at = bags.indexOf(bag);
  const step = (by, words) => button(words, () => choice.drives(bags[at + by]), {
    disabled: bags[at + by] === undefined});
  return [select('Drive', bags.map((one) => [one, one]), bag, (one) => choice.drives(one)),
    step(-1, 'Previous'), step(1, 'Next')];
}
