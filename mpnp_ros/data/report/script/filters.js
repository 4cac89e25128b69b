/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   Choose which records are shown. */
'use strict';

function drawFilters(place) {
  const tallied = VERDICTS.filter((verdict) => answers.verdicts.includes(verdict));
  const chips = tallied.map((verdict) => button(
    [glyph(verdict), ` ${VERDICT_WORDS[verdict]}`], () => toggle(verdict),
    {class: 'chip', 'data-verdict': verdict}));
  const groups = Object.keys(GROUPS).map((dimension) => [dimension, groupNames(dimension)])
    .filter(([, names]) => names.length > 1);
  const boxes = groups.map(([dimension, names]) => filterBox(dimension, GROUPS[dimension],
    names.map((name) => [name, name])));
  if (before) {
    boxes.push(filterBox('change', 'Against before',
      [['gained', 'now right'], ['lost', 'no longer right']]));
  }
  const search = el('input', {type: 'search', placeholder: 'question, answer, id …', on: {
    input: () => choice.filter({q: search.value.trim()})}});
  const told = el('p', {class: 'found', 'aria-live': 'polite'});
  const clear = button('Clear filters', () => choice.clear());
  place.append(
    el('form', {class: 'filters', role: 'search', on: {submit: (event) => event.preventDefault()}},
      el('div', {class: 'chips', role: 'group', 'aria-label': 'Verdict'}, chips),
      boxes.map((box) => box.label),
      el('label', {class: 'field search'}, el('span', {}, 'Search'), search)),
    el('div', {class: 'tools'}, told, clear,
      button('CSV', () => download('csv'), {title: 'Save these records as CSV'}),
      button('JSON', () => download('json'), {title: 'Save these records as JSON'})));

  const sync = () => {
    const wanted = (choice.filters.verdict ?? '').split(',');
    for (const chip of chips) {
      chip.setAttribute('aria-pressed', String(wanted.includes(chip.dataset.verdict)));
    }
    for (const box of boxes) box.sync();
    if (search.value.trim() !== (choice.filters.q ?? '')) search.value = choice.filters.q ?? '';
    clear.disabled = !Object.keys(choice.filters).length;
    told.replaceChildren(filteredWords());
  };
  choice.on('filters', sync);
  sync();
}

function toggle(verdict) {
  const wanted = new Set((choice.filters.verdict ?? '').split(',').filter(Boolean));
  if (!wanted.delete(verdict)) wanted.add(verdict);
  choice.filter({verdict: VERDICTS.filter((one) => wanted.has(one)).join(',')});
}

function filterBox(name, words, options) {
  const label = select(words, [['', 'all'], ...options], '',
    (value) => choice.filter({[name]: value}), {name});
  const box = label.querySelector('select');
  return {label, sync: () => {
    box.value = choice.filters[name] ?? '';
    label.classList.toggle('set', Boolean(choice.filters[name]));
  }};
}

function groupNames(dimension) {
  const names = new Set(answers.columns.id.map((_, row) => answers.group(dimension, row)));
  names.delete('');
  return [...names].sort(collated.compare);
}

function filteredWords() {
  const judged = choice.rows.filter((row) => answers.columns.right[row] >= 0);
  const right = judged.filter((row) => answers.verdicts[row] === RIGHT).length;
  const all = choice.rows.length === answers.count;
  return `${all ? 'All ' : ''}${count(choice.rows.length)}`
    + `${all ? '' : ` of ${count(answers.count)}`} records`
    + (judged.length && !choice.filters.verdict
      ? `, ${percent(right / judged.length)} right` : '');
}
