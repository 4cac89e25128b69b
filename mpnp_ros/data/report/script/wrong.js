/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   The frames behind wrong answers: small pictures to choose from, and one moment in full. */
'use strict';

const PAGE = 12;

function drawWrong() {
  const wrong = answers.verdicts.filter((verdict) => verdict === WRONG).length;
  if (!wrong) return;
  const section = unhide('wrong');
  const rows = Object.keys(pictures.of).map(Number)
    .filter((row) => answers.verdicts[row] === WRONG)
    .sort((one, other) => (answers.confidence(other) ?? 0) - (answers.confidence(one) ?? 0));
  section.append(el('p', {class: 'hint'}, picturesWords(rows.length, wrong)));
  if (!rows.length) return;
  const grid = el('div', {class: 'thumbs'});
  const pager = el('div', {class: 'tools pager'});
  const place = el('div', {class: 'full'});
  section.append(grid, pager, place);
  let [page, chosen] = [0, rows[0]];

  const draw = () => {
    const pages = Math.ceil(rows.length / PAGE);
    const part = rows.slice(page * PAGE, (page + 1) * PAGE);
    grid.replaceChildren(...part.map((row) => thumb(row, row === chosen, () => {
      chosen = row;
      draw();
    })));
    pager.replaceChildren(...(pages < 2 ? [] : [
      button('Previous', () => turn(-1), {disabled: !page}),
      el('span', {}, `${page * PAGE + 1}–${page * PAGE + part.length} of ${count(rows.length)}`),
      button('Next', () => turn(1), {disabled: page === pages - 1})]));
    place.replaceChildren(answerView(chosen));
  };
  const turn = (by) => {
    page += by;
    chosen = rows[page * PAGE];
    draw();
  };
  draw();
}

function thumb(row, chosen, click) {
  const shown = picturesOf(row);
  const first = shown.find(({name}) => /front(?!.*(left|right))/i.test(name)) ?? shown[0];
  return button([
    picture(first, {alt: ''}),
    el('span', {class: 'asked'}, said(answers.text('question', row))),
    el('span', {class: 'given'},
      el('span', {}, glyph(WRONG, 'given'), ' ', said(answers.text('answer', row))),
      el('span', {}, glyph(RIGHT, 'right'), ' ', said(answers.text('expected', row)))),
  ], click, {class: 'thumb', 'aria-pressed': String(chosen)});
}

function picturesWords(shown, wrong) {
  if (!pictures.drawn) {
    return 'No pictures were drawn for this run; `mpnp-evaluate frames` draws them.';
  }
  const words = [`${count(shown)} of ${count(wrong)} wrong answers with the moment they are `
    + 'about, the surest first.'];
  if (pictures.left_out) {
    words.push(` The pictures of ${count(pictures.left_out)} records were left out to keep the `
      + 'report small; they are in the run’s folder.');
  }
  if (pictures.unreadable.length) {
    words.push(` ${count(pictures.unreadable.length)} pictures are missing from the run’s `
      + 'folder.');
  }
  return words.join('');
}
