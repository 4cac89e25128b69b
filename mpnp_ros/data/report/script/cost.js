/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   What answers cost: operations against accuracy, latency, ages. */
'use strict';

const TIME_WORDS = {
  round_trip: 'round trip', total: 'in the node', core: 'on the inference thread',
  queue: 'waiting', fuse: 'fusing', prefill: 'prompt', decode: 'further tokens',
  score: 'scoring candidates',
};

function timeWords(name) {
  return name.startsWith('age_') ? `age of ${name.slice(4)}` : TIME_WORDS[name] ?? name;
}

function drawCost() {
  const parts = [accuracyOverCost(), operationsSplit(), latencyTable(), topicsTable()]
    .filter(Boolean);
  if (!parts.length) return;
  unhide('cost').append(el('div', {class: 'pair'}, parts));
}

function accuracyOverCost() {
  const sets = Object.entries(scores.by_modalities_cost ?? {})
    .filter(([, one]) => known(one.flops_total) && known(one.accuracy))
    .map(([name, one]) => ({name, ...one, ...scores.by?.modalities?.[name]}));
  if (!sets.length) return null;
  return figure('Accuracy over cost',
    el('p', {class: 'hint'}, 'Each point is a set of modalities that answered questions; its '
      + 'size tells how many, the line the 95 % interval.'),
    costPlot(sets),
    el('details', {class: 'folded'}, el('summary', {}, 'As a table'), sortable({
      caption: 'Accuracy and cost by modalities', showCaption: false, rows: sets, columns: [
        {key: 'name', label: 'Modalities', value: (one) => one.name,
          cell: (one) => said(one.name)},
        {key: 'n', label: 'n', number: true, value: (one) => one.n, cell: (one) => count(one.n)},
        {key: 'flops', label: 'operations', number: true, value: (one) => one.flops_total,
          cell: (one) => operations(one.flops_total)},
        {key: 'accuracy', label: 'right', number: true, value: (one) => one.accuracy,
          cell: (one) => percent(one.accuracy)},
      ]})));
}

function costPlot(sets) {
  const narrow = innerWidth < 600;
  const frame = {width: narrow ? 340 : 460, height: 320, left: 44, right: 20, top: 30, bottom: 44};
  const costs = sets.map((one) => one.flops_total);
  const highest = Math.max(...costs) * 1.12 || 1;
  const x = (cost) => frame.left + cost / highest * (frame.width - frame.left - frame.right);
  const y = (share) => frame.height - frame.bottom
    - share * (frame.height - frame.top - frame.bottom);
  const most = Math.max(...sets.map((one) => one.n));
  return svg('svg', {class: 'plot', viewBox: `0 0 ${frame.width} ${frame.height}`, role: 'img',
    'aria-label': `Accuracy over cost. ${sets.map((one) => `${one.name}: `
      + `${percent(one.accuracy)} for ${operations(one.flops_total)}`).join('; ')}`},
  axes(frame, ticks(0, highest, narrow ? 3 : 4).map((cost) =>
    [cost, cost ? operations(cost) : '0']),
    [0, 0.25, 0.5, 0.75, 1].map((share) => [share, percent(share, 0)]), x, y,
    {x: 'operations an answer', y: 'right'}),
  sets.map((one) => [
    known(one.low) ? svg('line', {class: 'whisker', x1: x(one.flops_total),
      x2: x(one.flops_total), y1: y(one.low), y2: y(one.high)}) : null,
    svg('circle', {class: 'point', cx: x(one.flops_total), cy: y(one.accuracy),
      r: 3.5 + 5 * Math.sqrt(one.n / most)},
    svg('title', {}, `${one.name}: ${percent(one.accuracy)} of ${count(one.n)}, `
      + operations(one.flops_total)))]),
  labelled(sets, x, y, frame).map(({name, at, top, end}) => svg('text', {class: 'label',
    x: at, y: top, 'text-anchor': end ? 'end' : 'start', dy: '0.32em'}, name)));
}

/* Place names beside their points; those that would lie over another one move down. */
function labelled(sets, x, y, frame) {
  const placed = [];
  for (const one of [...sets].sort((first, second) => second.accuracy - first.accuracy)) {
    const end = x(one.flops_total) > frame.left + 0.6 * (frame.width - frame.left);
    const at = x(one.flops_total) + (end ? -12 : 12);
    const width = one.name.length * 7;
    const [from, to] = end ? [at - width, at] : [at, at + width];
    let top = y(one.accuracy);
    for (const other of placed) {
      if (from < other.to && to > other.from && top - other.top < 14 && top > other.top - 14) {
        top = other.top + 14;
      }
    }
    placed.push({name: one.name, at, top, end, from, to});
  }
  return placed;
}

function operationsSplit() {
  const flops = scores.cost?.flops;
  if (!known(flops?.total) || !flops.total) return null;
  const words = {encode: 'encoding sensors', fuse: 'fusing latents', answer: 'the language model'};
  const rows = Object.entries(flops).filter(([name, part]) => name !== 'total' && known(part))
    .map(([name, part]) => ({name: words[name] ?? name, part}));
  const payload = scores.cost.payload_bytes;
  return figure('Where the operations go',
    el('p', {class: 'hint'}, `Mean of an answer: ${operations(flops.total)}`
      + (known(payload) ? `, with ${bytes(payload)} of latents on topics.` : '.')),
    sortable({caption: 'Operations of an answer by part', showCaption: false, rows,
      sort: {key: 'part', down: true}, columns: [
        {key: 'name', label: 'Part', value: (row) => row.name},
        {key: 'part', label: 'operations', number: true, value: (row) => row.part,
          cell: (row) => operations(row.part)},
        {key: 'plot', label: el('span', {class: 'unseen'}, 'plot'), fixed: true, class: 'plot',
          cell: (row) => shareBar({accuracy: row.part / flops.total})},
        {key: 'share', label: 'share', number: true, value: (row) => row.part,
          cell: (row) => percent(row.part / flops.total)},
      ]}));
}

function latencyTable() {
  const rows = Object.entries(scores.latency_ms ?? {}).map(([name, one]) => ({name, ...one}));
  const offline = run.path !== 'live';
  if (!rows.length) {
    return figure('Latency', el('p', {class: 'hint'}, offline
      ? 'Not measured: an offline run answers many questions at once. A live run measures it.'
      : 'Not measured.'));
  }
  const most = Math.max(...rows.map((row) => row.p99 ?? 0)) || 1;
  const part = (words, key) => ({key, label: words, number: true, value: (row) => row[key] ?? null,
    cell: (row) => milliseconds(row[key])});
  return el('div', {class: 'wide times-table'}, figure('Latency and age',
    el('p', {class: 'hint'}, 'The bar ends at the median, the line at the 99th percentile.'),
    sortable({caption: 'Latency and age of latents', showCaption: false, rows, columns: [
      {key: 'name', label: 'Time', value: (row) => timeWords(row.name)},
      part('median', 'p50'),
      {key: 'plot', label: el('span', {class: 'unseen'}, 'plot'), fixed: true, class: 'plot',
        cell: (row) => shareBar({accuracy: row.p50 / most, low: row.p50 / most,
          high: row.p99 / most})},
      part('90 %', 'p90'), part('95 %', 'p95'), part('99 %', 'p99'), part('most', 'max'),
      {key: 'n', label: 'n', number: true, value: (row) => row.n, cell: (row) => count(row.n)},
    ]})));
}

/* What came on each modality's topic while a live run listened. */
function topicsTable() {
  const took = summary.took ?? {};
  const bags = took.bags ?? (took.topics ? {'': took} : {});
  const rows = Object.entries(bags).flatMap(([bag, one]) =>
    Object.entries(one.topics ?? {}).map(([modality, seen]) => ({bag, modality, ...seen})));
  if (!rows.length) return null;
  const column = (key, label, value, write = count) => ({
    key, label, number: true, value, cell: (row) => write(value(row))});
  return el('div', {class: 'wide'}, figure('On topics',
    el('p', {class: 'hint'}, 'Latents as they arrived, and what their encoders say they dropped.'),
    sortable({caption: 'Latents on topics', showCaption: false, rows, tall: rows.length > 14,
      columns: [
        {key: 'modality', label: 'Modality', value: (row) => row.modality},
        ...(Object.keys(bags).length > 1
          ? [{key: 'bag', label: 'Bag', value: (row) => row.bag}] : []),
        column('messages', 'messages', (row) => row.messages ?? null),
        column('bytes', 'bytes', (row) => row.bytes ?? null, bytes),
        column('p50', 'interval, median', (row) => row.interval_ms?.p50 ?? null, milliseconds),
        column('p99', '99 %', (row) => row.interval_ms?.p99 ?? null, milliseconds),
        column('dropped', 'dropped', (row) => row.dropped ?? null),
        column('refused', 'refused', (row) => row.refused ?? null),
      ]})));
}
