/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   Accuracy by type, hop, condition, modalities and bag: tables whose bars are a chart. */
'use strict';

const DIMENSION_TITLES = {
  type: 'By type of question', hop: 'By hops of the question', condition: 'By condition',
  modalities: 'By modalities used', bag: 'By bag',
};

function drawAccuracy() {
  const tables = Object.keys(DIMENSION_TITLES)
    .filter((dimension) => Object.keys(scores.by?.[dimension] ?? {}).length)
    .map(accuracyTable);
  if (!tables.length) return;
  const controls = controlNames();
  unhide('accuracy').append(
    el('p', {class: 'hint'}, intervalWords(),
      ' A name shows its records.'),
    legend([
      ...(before ? [['before', `accuracy in ${before.run.name ?? 'the run before'}`]] : []),
      ...controls.map((name) => [name, CONTROL_WORDS[name] ?? name])]),
    ...arranged(tables));
}

/* Wide tables across, the narrow ones between them in two columns. */
function arranged(tables) {
  const wide = tables.map((table) => table.classList.contains('wide'));
  const first = wide.indexOf(false);
  const columns = el('div', {class: 'tables'}, tables.filter((_, index) => !wide[index]));
  return tables.map((table, index) => (wide[index] ? table : index === first ? columns : null))
    .filter(Boolean);
}

function intervalWords() {
  const {resampled, units} = scores.overall ?? {};
  const what = {scenes: 'scenes', blocks: 'blocks of 5 s', questions: 'questions'}[resampled];
  return 'Bars show the share of right answers, lines their 95 % interval'
    + (what && units ? `, drawn from ${count(units)} ${what}.` : '.');
}

function controlNames() {
  return Object.keys(scores.controls ?? {}).filter((name) => name in SHAPES);
}

/* The paired difference where it was computed, otherwise that of both accuracies. */
function changeOf(dimension, name, {accuracy}) {
  if (!before) return {};
  const paired = before.difference.by?.[dimension]?.[name];
  if (known(paired?.mean)) {
    return {change: paired.mean, change_low: paired.low, change_high: paired.high};
  }
  const earlier = before.scores.by?.[dimension]?.[name]?.accuracy;
  return {change: known(earlier) && known(accuracy) ? accuracy - earlier : null};
}

function accuracyTable(dimension) {
  const earlier = before?.scores.by?.[dimension] ?? {};
  const rows = Object.entries(scores.by[dimension]).map(([name, one]) => ({
    name, ...one, before: earlier[name]?.accuracy ?? null, ...changeOf(dimension, name, one),
    controls: Object.fromEntries(dimension === 'type' ? controlNames().map((control) => [
      control, scores.controls[control].by_type?.[name]?.accuracy ?? null]) : []),
  }));
  const columns = [
    {key: 'name', label: GROUPS[dimension], value: (row) => row.name,
      cell: (row) => button(said(row.name || NOTHING), () => {
        choice.filter({[dimension]: row.name});
        choice.go('records');
      }, {class: 'link', title: 'Show these records'})},
    {key: 'n', label: 'n', number: true, value: (row) => row.n, cell: (row) => count(row.n)},
    {key: 'accuracy', label: 'right', number: true, value: (row) => row.accuracy,
      cell: (row) => percent(row.accuracy)},
    {key: 'plot', label: el('span', {class: 'unseen'}, 'plot'), fixed: true, class: 'plot',
      cell: (row) => shareBar(row, [
        ...Object.entries(row.controls).map(([kind, share]) => ({kind, share})),
        {kind: 'before', share: row.before}])},
    {key: 'low', label: '95 % interval', number: true, class: 'range',
      value: (row) => row.low, cell: (row) => interval(row.low, row.high)},
  ];
  if (before) {
    columns.push({key: 'change', label: 'change', number: true,
      value: (row) => row.change, cell: (row) => points(row.change)});
    // Narrow tables have no room for it.
    if (dimension === 'type') {
      columns.push({key: 'change_low', label: 'its interval', number: true, class: 'range',
        value: (row) => row.change_low ?? null,
        cell: (row) => (known(row.change_low)
          ? `${points(row.change_low)} to ${points(row.change_high)}` : NOTHING)});
    }
  }
  const caption = DIMENSION_TITLES[dimension];
  return el('div', {class: dimension === 'type' || dimension === 'bag' ? 'table wide' : 'table',
    id: `accuracy-${dimension}`}, sortable({caption, columns, rows, tall: rows.length > 14}));
}
