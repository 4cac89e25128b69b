/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   Tables that sort by their headers. */
'use strict';

/* Return a table in a box that scrolls sideways where it must.

   A column is {key, label, value(row), cell(row), number, class, fixed}: `value` is what sorts,
   `cell` what is shown (the value where it is left out); a `fixed` column does not sort. The
   first column heads its rows. */
function sortable({caption, columns, rows, sort = null, tall = false, showCaption = true}) {
  const body = el('tbody');
  const heads = columns.map((column) => head(column, () => {
    const down = state.key === column.key ? !state.down : Boolean(column.number);
    state = {key: column.key, down};
    draw();
  }));
  let state = sort ?? {key: null, down: false};

  function draw() {
    const column = columns.find((one) => one.key === state.key);
    const shown = column ? [...rows].sort(ordered(column, state.down)) : rows;
    body.replaceChildren(...shown.map((row) => el('tr', {}, columns.map(
      (one, index) => cellOf(one, row, index === 0)))));
    columns.forEach((one, index) => {
      if (one.fixed) return;
      const direction = one.key === state.key ? (state.down ? 'descending' : 'ascending') : 'none';
      heads[index].setAttribute('aria-sort', direction);
    });
  }

  draw();
  const scroll = el('div', {class: tall ? 'scroll tall' : 'scroll'},
    el('table', {class: 'sortable'},
      el('caption', {class: showCaption ? null : 'unseen'}, caption),
      el('thead', {}, el('tr', {}, heads)), body));
  // What scrolls must be reachable with keys.
  if (tall) Object.assign(scroll, {tabIndex: 0, role: 'region', ariaLabel: caption});
  return scroll;
}

function head(column, click) {
  const classes = classesOf(column);
  if (column.fixed) return el('th', {scope: 'col', class: classes}, column.label);
  return el('th', {scope: 'col', class: classes, 'aria-sort': 'none'},
    button(column.label, click, {class: 'sort', title: column.title}));
}

function cellOf(column, row, heading) {
  const content = column.cell ? column.cell(row) : column.value(row);
  return heading
    ? el('th', {scope: 'row', class: classesOf(column)}, content)
    : el('td', {class: classesOf(column)}, content);
}

function classesOf(column) {
  return [column.number ? 'number' : '', column.class ?? ''].join(' ').trim() || null;
}

function ordered(column, down) {
  return (first, second) => {
    const [a, b] = [column.value(first), column.value(second)];
    if (a === null || a === undefined) return 1;
    if (b === null || b === undefined) return -1;
    const order = typeof a === 'string' ? collated.compare(a, b) : a - b;
    return down ? -order : order;
  };
}
