/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   The records, read from their columns (see report_columns.py). A record is known by its row. */
'use strict';

const RIGHT = 'right';
const WRONG = 'wrong';
const REFUSED = 'refused';
const OPEN = 'open';   // nobody said what would be right
const VERDICTS = [RIGHT, WRONG, REFUSED, OPEN];
const VERDICT_WORDS = {right: 'right', wrong: 'wrong', refused: 'refused', open: 'not judged'};
const CONTROL_WORDS = {
  question_only: 'without sensors',
  shuffled: 'sensors of another moment',
  majority: 'most frequent answer',
  before: 'run compared with',
};

class Answers {
  constructor(columns) {
    this.columns = columns;
    this.count = columns.count;
    this.strings = columns.strings;
    this.verdicts = Array.from({length: this.count}, (_, row) => this.#verdict(row));
  }

  #verdict(row) {
    if (this.columns.refusal[row] !== this.#empty) return REFUSED;
    return {'1': RIGHT, '0': WRONG}[this.columns.right[row]] ?? OPEN;
  }

  get #empty() {
    this.emptyPlace ??= this.strings.indexOf('');
    return this.emptyPlace;
  }

  /* Text of a column of texts; '' where there is none. */
  text(column, row) {
    const place = this.columns[column][row];
    return place < 0 ? '' : this.strings[place];
  }

  id(row) {
    return this.columns.id[row];
  }

  rowOf(id) {
    this.rows ??= new Map(this.columns.id?.map((one, row) => [one, row]));
    return this.rows.get(id) ?? -1;
  }

  hop(row) {
    return this.columns.hop[row] < 0 ? '' : String(this.columns.hop[row]);
  }

  set(row) {
    const place = this.columns.tables.sets[this.columns.set[row]];
    return this.strings[place];
  }

  /* What a record is called in a dimension of the scores. */
  group(dimension, row) {
    if (dimension === 'modalities') return this.set(row);
    if (dimension === 'hop') return this.hop(row);
    if (dimension === 'type') return this.text('type', row) || 'untyped';
    return this.text(dimension, row);
  }

  /* Seconds since the bag began. */
  time(row) {
    return this.columns.t_ns[row] / 1e9;
  }

  stamp(row) {
    const start = this.columns.starts_ns[this.text('bag', row)];
    return (BigInt(start) + BigInt(this.columns.t_ns[row])).toString();
  }

  /* [{candidate, share}] from the likeliest on; `rest` of them are not kept. */
  scores(row) {
    const names = this.#candidates(row);
    const flat = this.columns.scores[row];
    const bars = [];
    for (let at = 0; at < flat.length; at += 2) {
      bars.push({candidate: names[flat[at]], share: flat[at + 1] / 10000});
    }
    return {bars, rest: flat.length ? names.length - bars.length : 0};
  }

  #candidates(row) {
    return this.columns.tables.candidates[this.columns.candidates[row]]
      .map((place) => this.strings[place]);
  }

  candidates(row) {
    return this.#candidates(row);
  }

  confidence(row) {
    const answer = this.text('answer', row);
    return this.scores(row).bars.find((bar) => bar.candidate === answer)?.share ?? null;
  }

  uses(row) {
    const flat = this.columns.uses[row];
    const found = [];
    for (let at = 0; at < flat.length; at += 2) {
      found.push({...this.columns.tables.uses[flat[at]], age_ms: flat[at + 1]});
    }
    return found;
  }

  decision(row) {
    return this.columns.tables.decisions[this.columns.decision[row]].map(
      ([modality, selected, reason]) => ({
        modality: this.strings[modality], selected: Boolean(selected),
        reason: this.strings[reason],
      }));
  }

  flops(row) {
    return this.columns.tables.flops[this.columns.flops[row]];
  }

  /* Names of the times that some answer has. */
  get timeNames() {
    return Object.keys(this.columns.times_ms);
  }

  taken(name, row) {
    return this.columns.times_ms[name]?.[row] ?? null;
  }

  /* The time a person would wait: the longest that was measured. */
  latency(row) {
    return this.latencyName ? this.taken(this.latencyName, row) : null;
  }

  get latencyName() {
    return ['round_trip', 'total', 'core'].find((name) => name in this.columns.times_ms);
  }

  /* What a control or the run compared with answered: {answer, right}, null where nothing. */
  beside(name, row) {
    const found = this.columns.beside[name]?.[row];
    if (!Array.isArray(found)) return null;
    return {answer: this.strings[found[0]], right: {'1': true, '0': false}[found[1]] ?? null};
  }

  /* 'gained', 'lost' or '' against the run compared with. */
  change(row) {
    const before = this.beside('before', row);
    if (before === null || before.right === null || this.columns.right[row] < 0) return '';
    const right = this.columns.right[row] === 1;
    return before.right === right ? '' : right ? 'gained' : 'lost';
  }
}

const summary = dataOf('summary');
const {run, scores} = summary;
const problems = summary.problems ?? [];
const before = summary.before ?? null;   // the run compared with
const answers = new Answers({
  id: [], refusal: [], right: [], ...dataOf('records')});
