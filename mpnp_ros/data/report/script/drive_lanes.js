/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   One drive as what its timeline draws: lanes of modalities, stacked answers, a line. */
'use strict';

const IN_USE = 'used';          // an answer was made from it
const UNUSED = 'unused';        // decided for, but nothing usable had arrived
const LEFT_OUT = 'out';         // decided against

class Drive {
  constructor(bag) {
    this.bag = bag;
    this.rows = [];
    for (let row = 0; row < answers.count; row += 1) {
      if (answers.text('bag', row) === bag) this.rows.push(row);
    }
    this.rows.sort((first, second) => answers.time(first) - answers.time(second)
      || first - second);
    const times = this.rows.map((row) => answers.time(row));
    const lasted = (run.bags ?? []).find((one) => one.name === bag)?.duration_s ?? 0;
    this.from = Math.min(0, times[0] ?? 0);
    this.to = Math.max(lasted, times.at(-1) ?? 0, this.from + 1);
    this.lanes = lanesOf(this.rows, this.to);
    this.most = mostAtOnce(this.rows);
    this.metrics = metricsOf(this.rows);
  }

  /* The row nearest to a time. */
  nearest(time) {
    let [low, high] = [0, this.rows.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (answers.time(this.rows[middle]) < time) low = middle + 1;
      else high = middle;
    }
    const [after, earlier] = [this.rows[low], this.rows[low - 1]];
    return earlier !== undefined
      && time - answers.time(earlier) < answers.time(after) - time ? earlier : after;
  }
}

/* How many answers of one moment stand on one side. */
function mostAtOnce(rows) {
  const found = new Map();
  for (const row of rows) {
    const key = `${answers.columns.t_ns[row]} ${answers.verdicts[row] === RIGHT}`;
    found.set(key, (found.get(key) ?? 0) + 1);
  }
  return Math.max(1, ...found.values());
}

/* [{modality, spans: [{from, to, state, reason}]}]: what held from one moment to the next. */
function lanesOf(rows, to) {
  const lanes = new Map();
  let previous = null;
  for (const row of rows) {
    const time = answers.time(row);
    if (previous !== null && time === answers.time(previous)) continue;
    previous = row;
    const used = new Set(answers.uses(row).map((use) => use.modality));
    const decided = new Map(answers.decision(row).map((one) => [one.modality, one]));
    for (const modality of new Set([...decided.keys(), ...used, ...lanes.keys()])) {
      if (!lanes.has(modality)) lanes.set(modality, []);
      const verdict = decided.get(modality);
      const state = used.has(modality) ? IN_USE : verdict?.selected ? UNUSED : LEFT_OUT;
      extend(lanes.get(modality), {from: time, to, state, reason: verdict?.reason ?? ''});
    }
  }
  return [...lanes].sort(([first], [second]) => collated.compare(first, second))
    .map(([modality, spans]) => ({modality, spans}));
}

function extend(spans, span) {
  const last = spans.at(-1);
  if (last && last.state === span.state && last.reason === span.reason) return;
  if (last) last.to = span.from;
  spans.push(span);
}

/* [{name, words, value(row)}] of what can be drawn as a line, the latency first. */
function metricsOf(rows) {
  const times = answers.timeNames.filter((name) => !name.startsWith('age_'));
  const first = answers.latencyName;
  times.sort((one, other) => (other === first) - (one === first));
  const found = times.map((name) => ({
    name, words: timeWords(name), value: (row) => answers.taken(name, row)}));
  const used = new Set();
  for (const row of rows) for (const use of answers.uses(row)) used.add(use.modality);
  for (const modality of [...used].sort(collated.compare)) {
    found.push({name: `age_${modality}`, words: timeWords(`age_${modality}`),
      value: (row) => answers.uses(row).find((use) => use.modality === modality)?.age_ms ?? null});
  }
  return found.filter((metric) => rows.some((row) => known(metric.value(row))));
}

/* Answers side by side in columns of `step` pixels: [{x, up: [row], down: [row]}]; a column of one
   moment stands where that moment is. */
function stacks(rows, x, left, step) {
  const found = new Map();
  for (const row of rows) {
    const place = Math.round((x(answers.time(row)) - left) / step);
    const at = x(answers.time(row));
    if (!found.has(place)) found.set(place, {x: at, up: [], down: []});
    else if (found.get(place).x !== at) found.get(place).x = left + place * step;
    const verdict = answers.verdicts[row];
    found.get(place)[verdict === RIGHT || verdict === OPEN ? 'up' : 'down'].push(row);
  }
  // What is wrong stands nearer to the middle than what was refused.
  for (const stack of found.values()) {
    stack.up.sort((one, other) => order(one) - order(other) || one - other);
    stack.down.sort((one, other) => order(one) - order(other) || one - other);
  }
  return [...found.values()].sort((one, other) => one.x - other.x);
}

function order(row) {
  return VERDICTS.indexOf(answers.verdicts[row]);
}

/* A line through the mean of each column of pixels, and the area from its least to its most. */
function envelope(rows, value, x, y) {
  const columns = new Map();
  for (const row of rows) {
    const measured = value(row);
    if (!known(measured)) continue;
    const place = Math.round(x(answers.time(row)) / 2) * 2;
    const column = columns.get(place) ?? {low: measured, high: measured, sum: 0, n: 0};
    column.low = Math.min(column.low, measured);
    column.high = Math.max(column.high, measured);
    column.sum += measured;
    column.n += 1;
    columns.set(place, column);
  }
  const path = (points) => points.map(([at, top], index) =>
    `${index ? 'L' : 'M'}${at} ${top.toFixed(1)}`).join('');
  const all = [...columns].sort(([one], [other]) => one - other);
  const upper = all.map(([at, one]) => [at, y(one.high)]);
  const lower = all.map(([at, one]) => [at, y(one.low)]);
  return {
    line: path(all.map(([at, one]) => [at, y(one.sum / one.n)])),
    area: all.length > 1 ? `${path([...upper, ...lower.reverse()])}Z` : '',
    lone: all.length === 1 ? [all[0][0], y(all[0][1].sum / all[0][1].n)] : null,
  };
}
