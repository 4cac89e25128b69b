/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   The list of records. Only the rows in sight are in the page; the others are empty space. */
'use strict';

const SPARE = 12;      // rows beyond those in sight
const PRINTED = 200;   // rows that go on paper

const RECORD_COLUMNS = [
  {key: 'verdict', label: '', words: 'Verdict', cell: (row) => glyph(
    answers.verdicts[row], VERDICT_WORDS[answers.verdicts[row]])},
  {key: 'time', label: 'Time', cell: (row) => [
    severalBags ? el('span', {class: 'bag'}, said(answers.text('bag', row)), ' ') : null,
    clock(answers.time(row))]},
  {key: 'question', label: 'Question', cell: (row) => said(answers.text('question', row))},
  {key: 'answer', label: 'Given', cell: (row) => said(
    answers.text('answer', row) || answers.text('refusal', row))},
  {key: 'expected', label: 'Right', cell: (row) => said(answers.text('expected', row))},
  {key: 'confidence', label: 'Sure', number: true, cell: (row) => percent(
    answers.confidence(row), 0)},
  {key: 'type', label: 'Type', cell: (row) => said(answers.text('type', row))},
  {key: 'modalities', label: 'Modalities', cell: (row) => said(answers.set(row))},
  {key: 'latency', label: 'Latency', number: true, cell: (row) => milliseconds(
    answers.latency(row))},
];

const severalBags = new Set(answers.columns.bag).size > 1;

class RecordList {
  constructor(place) {
    this.columns = RECORD_COLUMNS.filter(({key}) =>
      (key !== 'latency' || answers.latencyName)
      && (key !== 'confidence' || answers.columns.scores.some((scores_) => scores_.length)));
    this.heads = this.columns.map((column) => head(
      {...column, title: `Sort by ${(column.words ?? column.label).toLowerCase()}`,
        class: `c-${column.key}`},
      () => this.#sort(column)));
    this.heads[0].querySelector('button').setAttribute('aria-label', 'Verdict');
    this.body = el('tbody');
    this.table = el('table', {class: severalBags ? 'list bags' : 'list', role: 'grid', tabindex: 0,
      'aria-label': 'Records: arrows move, Enter opens', on: {
        keydown: (event) => this.#key(event), click: (event) => this.#click(event),
      }},
      el('caption', {class: 'unseen'}, 'Records'),
      el('colgroup', {}, this.columns.map(({key}) => el('col', {class: `c-${key}`}))),
      el('thead', {}, el('tr', {'aria-rowindex': 1}, this.heads)), this.body);
    this.rest = el('p', {class: 'rest'});
    this.scroll = el('div', {class: 'records', tabindex: -1, on: {scroll: () => this.#draw()}},
      this.table, this.rest);
    this.order = select('Sort by',
      this.columns.map(({key, label, words}) => [key, words ?? label]), 'time', (key) => choice.sort(key, false), {class: 'narrow'});
    this.order.classList.add('narrow');
    place.append(this.order, this.scroll);
    this.active = 0;
    choice.on('filters', () => this.#take());
    choice.on('record', () => this.#follow());
    new ResizeObserver(() => this.#draw(true)).observe(this.scroll);
    addEventListener('beforeprint', () => this.#print());
    addEventListener('afterprint', () => {
      this.printing = false;
      this.#draw(true);
    });
    this.#take();
  }

  #take() {
    this.active = 0;
    this.scroll.scrollTop = 0;
    this.table.setAttribute('aria-rowcount', choice.rows.length + 1);
    this.columns.forEach(({key}, index) => this.heads[index].setAttribute('aria-sort',
      key !== choice.order.key ? 'none' : choice.order.down ? 'descending' : 'ascending'));
    this.order.querySelector('select').value = choice.order.key;
    this.#draw(true);
  }

  #sort(column) {
    const same = choice.order.key === column.key;
    choice.sort(column.key, same ? !choice.order.down : Boolean(column.number));
  }

  get #height() {
    return parseFloat(getComputedStyle(this.scroll).getPropertyValue('--row')) || 36;
  }

  #draw(anew = false) {
    if (this.printing) return;
    const height = this.#height;
    const first = Math.max(0, Math.floor(this.scroll.scrollTop / height) - SPARE);
    const last = Math.min(choice.rows.length,
      Math.ceil((this.scroll.scrollTop + this.scroll.clientHeight) / height) + SPARE);
    // Redrawing at every pixel would cost more than the rows to spare.
    if (!anew && Math.abs(first - this.first) < SPARE / 2
        && last - this.last < SPARE / 2 && first + last !== 0) return;
    [this.first, this.last] = [first, last];
    const shown = [];
    for (let at = first; at < last; at += 1) shown.push(this.#row(at));
    this.rest.textContent = choice.rows.length ? '' : 'No record passes these filters.';
    this.body.replaceChildren(space(first * height), ...shown,
      space((choice.rows.length - last) * height));
  }

  #row(at) {
    const row = choice.rows[at];
    return el('tr', {
      'data-at': at, 'aria-rowindex': at + 2, id: `record-${at}`,
      'aria-selected': String(row === choice.record),
      class: `${answers.verdicts[row]}${at === this.active ? ' active' : ''}`,
    }, this.columns.map((column) => el('td', {
      class: `c-${column.key}${column.number ? ' number' : ''}`}, column.cell(row))));
  }

  #click(event) {
    const line = event.target.closest('tr[data-at]');
    if (!line) return;
    this.active = Number(line.dataset.at);
    choice.pick(choice.rows[this.active]);
  }

  #key(event) {
    if (event.target !== this.table || !choice.rows.length) return;
    const page = Math.max(1, Math.floor(this.scroll.clientHeight / this.#height) - 2);
    const steps = {ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page,
      Home: -choice.rows.length, End: choice.rows.length};
    if (event.key in steps) {
      this.#activate(this.active + steps[event.key]);
    } else if (event.key === 'Enter') {
      choice.pick(choice.rows[this.active]);
    } else {
      return;
    }
    event.preventDefault();
  }

  #activate(at) {
    this.active = Math.max(0, Math.min(choice.rows.length - 1, at));
    this.#reveal();
    this.#draw(true);
    this.table.setAttribute('aria-activedescendant', `record-${this.active}`);
    if (choice.record >= 0) choice.pick(choice.rows[this.active]);
  }

  #reveal() {
    const height = this.#height;
    const head_ = this.table.tHead.offsetHeight;
    const top = this.active * height;
    const room = this.scroll.clientHeight - head_ - height;
    if (top < this.scroll.scrollTop) this.scroll.scrollTop = top;
    else if (top > this.scroll.scrollTop + room) this.scroll.scrollTop = top - room;
  }

  #follow() {
    const at = choice.rows.indexOf(choice.record);
    if (at >= 0) {
      this.active = at;
      this.#reveal();
    }
    this.#draw(true);
  }

  /* Paper does not scroll: the first records, and how many there are. */
  #print() {
    this.printing = true;
    const shown = choice.rows.slice(0, PRINTED).map((_, at) => this.#row(at));
    const more = choice.rows.length - shown.length;
    this.rest.textContent = more > 0 ? `and ${count(more)} more` : '';
    this.body.replaceChildren(...shown);
  }
}

function space(height) {
  return el('tr', {class: 'space', 'aria-hidden': 'true', style: {height: `${height}px`}});
}

function drawRecords() {
  if (!answers.count) return;
  const section = unhide('records');
  drawFilters(section);
  return new RecordList(section);
}
