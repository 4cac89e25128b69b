/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   What is looked at: filters, order, drive and record. It lives in the page's address, after the
   section, so that a link shows the same: #records?verdict=wrong&type=exist&record=... */
'use strict';

const GROUPS = {
  type: 'Type', hop: 'Hop', condition: 'Condition', modalities: 'Modalities', bag: 'Bag',
};
const FILTERS = ['verdict', ...Object.keys(GROUPS), 'change', 'q'];
const ORDER = {   // what the records can be sorted by
  time: (row) => row,
  verdict: (row) => VERDICTS.indexOf(answers.verdicts[row]),
  question: (row) => answers.text('question', row),
  expected: (row) => answers.text('expected', row),
  answer: (row) => answers.text('answer', row),
  confidence: (row) => answers.confidence(row),
  type: (row) => answers.text('type', row),
  modalities: (row) => answers.set(row),
  latency: (row) => answers.latency(row),
};

class Choice {
  section = '';
  filters = {};
  order = {key: 'time', down: false};
  drive = '';
  record = -1;
  rows = [];
  #listeners = {filters: [], record: [], drive: []};

  /* Call `listener` when 'filters' (or the order), 'record' or 'drive' change. */
  on(what, listener) {
    this.#listeners[what].push(listener);
  }

  #tell(what) {
    for (const listener of this.#listeners[what]) listener();
  }

  /* Change some filters and keep the others; '' takes one away. */
  filter(changes) {
    for (const [name, value] of Object.entries(changes)) {
      if (value) this.filters[name] = value;
      else delete this.filters[name];
    }
    this.#filtersChanged();
  }

  clear() {
    this.filters = {};
    this.#filtersChanged();
  }

  sort(key, down) {
    this.order = {key, down};
    this.#filtersChanged();
  }

  pick(row) {
    this.record = row;
    this.#write();
    this.#tell('record');
  }

  drives(bag) {
    this.drive = bag;
    this.#write();
    this.#tell('drive');
  }

  /* Go to a section as a link would, and keep the rest of the address. */
  go(section) {
    this.section = section;
    this.#write();
    show(section);
  }

  read() {
    const [section, query = ''] = decodedHash().split(/\?(.*)/s);
    const given = new URLSearchParams(query);
    this.section = section;
    this.filters = Object.fromEntries(
      FILTERS.filter((name) => given.get(name)).map((name) => [name, given.get(name)]));
    const [key, direction] = (given.get('sort') ?? '').split(':');
    this.order = key in ORDER ? {key, down: direction === 'down'} : {key: 'time', down: false};
    this.drive = given.get('drive') ?? '';
    this.record = given.has('record') ? answers.rowOf(given.get('record')) : -1;
    this.#apply();
    for (const what of Object.keys(this.#listeners)) this.#tell(what);
  }

  #filtersChanged() {
    this.#apply();
    this.#write();
    this.#tell('filters');
  }

  #apply() {
    const passes = rowFilter(this.filters);
    const rows = [];
    for (let row = 0; row < answers.count; row += 1) if (passes(row)) rows.push(row);
    if (this.order.key !== 'time') rows.sort(compared(this.order.key));
    if (this.order.down) rows.reverse();
    this.rows = rows;
  }

  #write() {
    const query = new URLSearchParams(this.filters);
    if (this.order.key !== 'time' || this.order.down) {
      query.set('sort', `${this.order.key}:${this.order.down ? 'down' : 'up'}`);
    }
    if (this.drive) query.set('drive', this.drive);
    if (this.record >= 0) query.set('record', answers.id(this.record));
    const text = query.toString();
    const hash = `#${this.section}${text ? `?${text}` : ''}`;
    try {
      history.replaceState(null, '', hash);
    } catch {
      location.hash = hash;   // a sandboxed frame has no history of its own
    }
  }
}

/* Bring a section into view, and the focus with it. */
function show(section) {
  const place = byId(section);
  if (!place) return;
  place.scrollIntoView();
  place.tabIndex = -1;
  place.focus({preventScroll: true});
}

/* URLSearchParams decodes the query by itself; the section is one of ours. */
function decodedHash() {
  return location.hash.slice(1);
}

/* Return a function that tells whether a row passes all filters. */
function rowFilter(filters) {
  const tests = [];
  if (filters.verdict) {
    const wanted = new Set(filters.verdict.split(','));
    tests.push((row) => wanted.has(answers.verdicts[row]));
  }
  for (const dimension of Object.keys(GROUPS)) {
    const wanted = filters[dimension];
    if (wanted) tests.push((row) => answers.group(dimension, row) === wanted);
  }
  if (filters.change) tests.push((row) => answers.change(row) === filters.change);
  if (filters.q) tests.push(searchTest(filters.q));
  return (row) => tests.every((test) => test(row));
}

/* Texts are searched once each, not once for each record that holds them. */
function searchTest(query) {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const hits = words.map((word) => answers.strings.map(
    (text) => text.toLocaleLowerCase().includes(word)));
  const columns = ['question', 'expected', 'answer', 'refusal', 'note'].map(
    (name) => answers.columns[name]);
  return (row) => words.every((word, index) =>
    columns.some((column) => column[row] >= 0 && hits[index][column[row]])
    || answers.id(row).toLocaleLowerCase().includes(word));
}

/* Rows without a value come last. */
function compared(key) {
  const values = new Map();
  const value = (row) => {
    if (!values.has(row)) values.set(row, ORDER[key](row));
    return values.get(row);
  };
  return (first, second) => {
    const [a, b] = [value(first), value(second)];
    if (a === b) return first - second;
    if (a === null || a === '') return 1;
    if (b === null || b === '') return -1;
    return typeof a === 'string' ? collated.compare(a, b) || first - second : a - b;
  };
}

const collated = new Intl.Collator('en', {numeric: true});
const choice = new Choice();
