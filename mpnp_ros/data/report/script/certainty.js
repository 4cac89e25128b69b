/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   Whether an answer of probability 0.8 is right in 8 of 10 cases, and what is taken for what. */
'use strict';

function drawCertainty() {
  const parts = [reliability(), confusion()].filter(Boolean);
  if (!parts.length) return;
  unhide('certainty').append(el('div', {class: 'pair'}, parts));
}

function reliability() {
  const {calibration} = scores;
  if (!calibration) return null;
  const bins = calibration.bins.filter((bin) => bin.n && known(bin.accuracy));
  return figure('Calibration',
    el('p', {class: 'hint'}, `How often answers were right, by the probability they were given `
      + `with. On the diagonal the two agree; the mean distance from it is `
      + `${percent(calibration.ece)} (ECE, ${count(calibration.n)} answers; Brier score `
      + `${short(calibration.brier)}). Below: how many answers.`),
    reliabilityPlot(bins),
    el('details', {class: 'folded'}, el('summary', {}, 'As a table'), sortable({
      caption: 'Calibration by probability', showCaption: false, rows: bins, columns: [
        {key: 'low', label: 'Probability', value: (bin) => bin.low,
          cell: (bin) => interval(bin.low, bin.high)},
        {key: 'n', label: 'n', number: true, value: (bin) => bin.n, cell: (bin) => count(bin.n)},
        {key: 'confidence', label: 'mean', number: true, value: (bin) => bin.confidence,
          cell: (bin) => percent(bin.confidence)},
        {key: 'accuracy', label: 'right', number: true, value: (bin) => bin.accuracy,
          cell: (bin) => percent(bin.accuracy)},
      ]})));
}

function reliabilityPlot(bins) {
  const frame = {width: 380, height: 380, left: 44, right: 12, top: 30, bottom: 84};
  const x = (share) => frame.left + share * (frame.width - frame.left - frame.right);
  const y = (share) => frame.height - frame.bottom
    - share * (frame.height - frame.top - frame.bottom);
  const most = Math.max(...bins.map((bin) => bin.n));
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) => [share, percent(share, 0)]);
  const base = frame.height - frame.bottom + 52;
  const told = bins.map((bin) =>
    `${interval(bin.low, bin.high)} %: ${percent(bin.accuracy)} right`);
  return svg('svg', {class: 'plot reliability', viewBox: `0 0 ${frame.width} ${frame.height}`,
    role: 'img', 'aria-label': `Calibration. ${told.join('; ')}`},
  axes(frame, marks, marks, x, y, {x: 'probability of the answer', y: 'right'}),
  svg('line', {class: 'ideal', x1: x(0), y1: y(0), x2: x(1), y2: y(1)}),
  bins.map((bin) => svg('line', {class: 'gap', x1: x(bin.confidence), x2: x(bin.confidence),
    y1: y(bin.confidence), y2: y(bin.accuracy)})),
  svg('path', {class: 'line', d: bins.map((bin, index) =>
    `${index ? 'L' : 'M'}${x(bin.confidence)} ${y(bin.accuracy)}`).join('')}),
  bins.map((bin) => svg('g', {},
    svg('title', {}, `${interval(bin.low, bin.high)} %: mean ${percent(bin.confidence)}, `
      + `${percent(bin.accuracy)} of ${count(bin.n)} right`),
    svg('circle', {class: 'point', cx: x(bin.confidence), cy: y(bin.accuracy),
      r: 3 + 5 * Math.sqrt(bin.n / most)}),
    svg('rect', {class: 'count', x: x(bin.low) + 1, width: x(bin.high) - x(bin.low) - 2,
      y: base - 28 * bin.n / most, height: 28 * bin.n / most}))));
}

function confusion() {
  const types = Object.keys(scores.confusion ?? {})
    .filter((type) => scores.confusion[type].answers?.length);
  if (!types.length) return null;
  const place = el('div', {class: 'scroll', tabindex: 0, role: 'region',
    'aria-label': 'Confusion matrix'});
  const show = (type) => place.replaceChildren(confusionTable(type, scores.confusion[type]));
  // The type with the most mistakes tells the most.
  const worst = types.reduce((most, type) =>
    (errorRate(scores.confusion[type]) > errorRate(scores.confusion[most]) ? type : most));
  show(worst);
  return figure('Confusion',
    el('p', {class: 'hint'}, 'Rows are what is right, columns what was given; the darker, the '
      + 'larger the share of its row. Cells on the diagonal are right.'),
    select('Type', types.map((type) => [type, type]), worst, show), place);
}

function errorRate({counts: rows}) {
  const all = rows.flat().reduce((sum, number) => sum + number, 0);
  const right = rows.reduce((sum, row, index) => sum + row[index], 0);
  return all ? 1 - right / all : 0;
}

function confusionTable(type, {answers: names, counts: rows}) {
  return el('table', {class: names.length > 8 ? 'confusion dense' : 'confusion'},
    el('caption', {class: 'unseen'}, `Confusion of answers of type ${type}`),
    el('thead', {}, el('tr', {}, el('th', {scope: 'col', class: 'corner'}, 'right ↓ given →'),
      names.map((name) => el('th', {scope: 'col'}, el('span', {}, said(name)))))),
    el('tbody', {}, rows.map((row, index) => {
      const sum = row.reduce((total, number) => total + number, 0);
      return el('tr', {}, el('th', {scope: 'row'}, said(names[index])),
        row.map((number, other) => confusionCell(number, sum, index === other,
          `${names[index]} taken for ${names[other]}`)));
    })));
}

function confusionCell(number, sum, diagonal, words) {
  const share = sum ? number / sum : 0;
  const level = number ? Math.max(1, Math.round(share * 10)) : 0;
  return el('td', {
    class: `${diagonal ? 'hit' : 'miss'} level${level}`,
    title: diagonal ? null : `${words}: ${count(number)} of ${count(sum)}`,
  }, number ? count(number) : el('span', {class: 'zero'}, '0'));
}
