/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   Save the records that pass the filters, without a network: from the page's own memory. */
'use strict';

const TABLE_COLUMNS = ['id', 'bag', 'scene', 'stamp_ns', 'type', 'hop', 'condition', 'question',
  'expected', 'answer', 'right', 'confidence', 'refusal', 'note', 'modalities', 'latency_ms'];

function recordObject(row) {
  return {
    id: answers.id(row), bag: answers.text('bag', row), scene: answers.text('scene', row),
    stamp_ns: answers.stamp(row), type: answers.text('type', row),
    hop: answers.columns.hop[row] < 0 ? null : answers.columns.hop[row],
    condition: answers.text('condition', row), question: answers.text('question', row),
    expected: answers.columns.expected[row] < 0 ? null : answers.text('expected', row),
    answer: answers.text('answer', row),
    right: {'1': true, '0': false}[answers.columns.right[row]] ?? null,
    confidence: answers.confidence(row), refusal: answers.text('refusal', row),
    note: answers.text('note', row), modalities: answers.set(row),
    latency_ms: answers.latency(row),
    candidates: answers.candidates(row),
    scores: Object.fromEntries(answers.scores(row).bars.map((bar) => [bar.candidate, bar.share])),
    uses: answers.uses(row), decision: answers.decision(row), flops: answers.flops(row),
  };
}

/* RFC 4180; a text that a spreadsheet would run as a formula is marked as text. */
function csvCell(value) {
  if (value === null) return '';
  let text = String(value);
  if (typeof value === 'string' && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function asCsv(rows) {
  const lines = rows.map(recordObject).map((record) =>
    TABLE_COLUMNS.map((name) => csvCell(record[name])).join(','));
  return [TABLE_COLUMNS.join(','), ...lines, ''].join('\r\n');
}

function download(format) {
  const text = format === 'csv' ? asCsv(choice.rows)
    : `${JSON.stringify(choice.rows.map(recordObject), null, 1)}\n`;
  const url = URL.createObjectURL(new Blob([text], {
    type: format === 'csv' ? 'text/csv' : 'application/json'}));
  const name = (run.name || 'run').replaceAll(/[^\w.-]+/g, '_');
  el('a', {href: url, download: `${name}_records.${format}`}).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}
