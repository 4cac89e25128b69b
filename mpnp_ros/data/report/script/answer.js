/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   One record in full: pictures, question, answers, scores, modalities with ages and reasons. */
'use strict';

const STATE_WORDS = {used: 'in use', unused: 'chosen, not used', out: 'left out'};

const pictures = dataOf('pictures');
let files = null;

/* The pictures of a row's moment; they are unpacked when the first one is asked for. */
function picturesOf(row) {
  return pictures.of[row] ?? [];
}

function pictureSource(file) {
  files ??= dataOf('files');
  const kind = file.endsWith('.png') ? 'png' : 'jpeg';
  return `data:image/${kind};base64,${files[file]}`;
}

function picture({name, file, width, height}, given = {}) {
  return el('img', {src: pictureSource(file), width, height, alt: pictureWords(name),
    decoding: 'async', ...given});
}

function pictureWords(name) {
  return name.replaceAll('_', ' ');
}

/* All pictures of a moment; a click makes one as wide as there is room, another small again. */
function picturesView(shown) {
  const alone = shown.filter((one) => !isBroad(one)).length % 3 === 1;
  const across = picturesAcross(shown);
  return el('div', {class: 'pictures', style: {'grid-template-columns': across}},
    shown.map((one) => {
      const place = el('figure', {class: !isBroad(one) ? null
        : alone && across.startsWith('repeat(3') ? 'broad beside' : 'broad'},
      button(picture(one), () => {
        const large = place.classList.toggle('large');
        place.firstChild.setAttribute('aria-pressed', String(large));
      }, {class: 'enlarge', 'aria-pressed': 'false', title: 'Larger or smaller'}),
      el('figcaption', {}, pictureWords(one.name)));
      return place;
    }));
}

function isBroad({width, height}) {
  return width > 2.4 * height;
}

/* Columns of the pictures; broad ones have a line of their own. Two are of the same height. */
function picturesAcross(shown) {
  const shares = shown.filter((one) => !isBroad(one)).map(({width, height}) => width / height);
  if (shares.length === 2) return shares.map((share) => `minmax(0, ${share}fr)`).join(' ');
  const columns = shares.length > 4 ? 3 : Math.min(2, Math.max(1, shares.length));
  return `repeat(${columns}, minmax(0, 1fr))`;
}

/* What is known of each modality at a row, those in use first. */
function modalityStates(row) {
  const uses = new Map(answers.uses(row).map((use) => [use.modality, use]));
  const decided = new Map(answers.decision(row).map((one) => [one.modality, one]));
  const found = [...new Set([...uses.keys(), ...decided.keys()])].map((modality) => {
    const verdict = decided.get(modality);
    const state = uses.has(modality) ? IN_USE : verdict?.selected ? UNUSED : LEFT_OUT;
    return {...uses.get(modality), modality, state, reason: verdict?.reason ?? ''};
  });
  const rank = [IN_USE, UNUSED, LEFT_OUT];
  return found.sort((one, other) => rank.indexOf(one.state) - rank.indexOf(other.state));
}

function givenWords(row) {
  const expected = answers.text('expected', row);
  const refusal = answers.text('refusal', row);
  if (refusal) return ['refused: ', said(refusal)];
  const given = ['“', said(answers.text('answer', row)), '”'];
  if (answers.columns.expected[row] < 0) return given;
  return answers.verdicts[row] === WRONG ? [...given, ', right is “', said(expected), '”'] : given;
}

function answerView(row) {
  const shown = picturesOf(row);
  return el('article', {class: shown.length ? 'case pictured' : 'case'},
    shown.length ? picturesView(shown) : null,
    el('div', {class: 'told'},
      el('p', {class: 'tags'}, tagsOf(row)),
      el('p', {class: 'question'}, said(answers.text('question', row))),
      answersTable(row), scoreBars(row), modalitiesOf(row), costsOf(row)));
}

function tagsOf(row) {
  const hop = answers.hop(row);
  const bag = answers.text('bag', row);
  return [glyph(answers.verdicts[row]), el('strong', {}, VERDICT_WORDS[answers.verdicts[row]]),
    ...[answers.text('type', row), hop ? `${hop} ${hop === '1' ? 'hop' : 'hops'}` : '',
      answers.text('condition', row)].filter(Boolean).map((words) => said(words, {class: 'tag'})),
    button([said(bag), ` ${clock(answers.time(row), 2)}`], () => {
      choice.drives(bag);
      choice.pick(row);
      choice.go('drives');
    }, {class: 'link', title: 'Show it on the drive'})];
}

/* What was given, what is right, and what the controls said. */
function answersTable(row) {
  const refusal = answers.text('refusal', row);
  const rows = [[refusal ? 'refused' : 'given', refusal || answers.text('answer', row),
    answers.verdicts[row]]];
  if (answers.columns.expected[row] >= 0) {
    rows.push(['right', answers.text('expected', row), null]);
  }
  for (const name of Object.keys(answers.columns.beside)) {
    const other = answers.beside(name, row);
    if (other) {
      rows.push([CONTROL_WORDS[name], other.answer,
        {true: RIGHT, false: WRONG}[other.right] ?? OPEN]);
    }
  }
  const note = answers.text('note', row);
  return [el('dl', {class: 'answers'}, rows.map(([name, words, verdict]) => el('div', {},
    el('dt', {}, name),
    el('dd', {}, verdict ? glyph(verdict, VERDICT_WORDS[verdict]) : el('span', {class: 'glyph'}),
      said(words || '(nothing)'))))),
  note ? el('p', {class: 'note'}, said(note)) : null];
}

function scoreBars(row) {
  const {bars, rest} = answers.scores(row);
  if (!bars.length) return null;
  const [given, expected] = [answers.text('answer', row), answers.text('expected', row)];
  return el('table', {class: 'scores'},
    el('caption', {}, 'Probability of each candidate'),
    el('tbody', {}, bars.map(({candidate, share}) => el('tr', {
      class: candidate === expected ? 'right' : candidate === given ? 'wrong' : null},
    el('th', {scope: 'row'}, said(candidate),
      candidate === expected ? el('span', {class: 'mark'}, ' right') : null,
      candidate === given && given !== expected ? el('span', {class: 'mark'}, ' given') : null),
    el('td', {class: 'plot'}, shareBar({accuracy: share})),
    el('td', {class: 'number'}, percent(share))))),
    rest ? el('tfoot', {}, el('tr', {}, el('td', {colspan: 3}, `and ${count(rest)} less likely`)))
      : null);
}

function modalitiesOf(row) {
  const states = modalityStates(row);
  if (!states.length) return null;
  return el('table', {class: 'modalities'},
    el('caption', {}, 'Modalities'),
    el('tbody', {}, states.map((one) => el('tr', {class: one.state},
      el('th', {scope: 'row'}, said(one.modality)),
      el('td', {}, el('p', {}, STATE_WORDS[one.state],
        known(one.age_ms) ? `, ${seconds(one.age_ms / 1000)} old` : '',
        known(one.tokens) ? `, ${count(one.tokens)} tokens, ${bytes(one.bytes)}` : ''),
      one.reason ? el('p', {class: 'hint'}, said(one.reason)) : null),
      el('td', {class: 'plot'}, one.gates?.length ? gatesPlot(one.gates) : null)))));
}

/* One bar for each connected block, the lowest first. */
function gatesPlot(gates) {
  const [step, height] = [7, 22];
  const told = `gates ${gates.map((gate) => gate.toFixed(2)).join(', ')}`;
  return svg('svg', {class: 'gates', width: gates.length * step, height, role: 'img',
    'aria-label': told}, svg('title', {}, told),
  gates.map((gate, index) => {
    const size = Math.max(1, height * Math.min(1, Math.abs(gate)));
    return [svg('rect', {class: 'track', x: index * step, width: step - 2, y: 0, height}),
      svg('rect', {class: 'share', x: index * step, width: step - 2, y: height - size,
        height: size})];
  }));
}

function costsOf(row) {
  const times = answers.timeNames.filter((name) => !name.startsWith('age_'))
    .map((name) => [timeWords(name), answers.taken(name, row)]).filter(([, taken]) => known(taken))
    .map(([words, taken]) => `${words} ${milliseconds(taken)}`);
  const flops = Object.values(answers.flops(row)).reduce((sum, part) => sum + part, 0);
  const parts = [...times, ...(flops ? [operations(flops)] : [])];
  return [parts.length ? el('p', {class: 'hint'}, parts.join(' · ')) : null,
    el('p', {class: 'hint id'}, said(answers.id(row)))];
}

/* The drawer at the side that holds the chosen record. */
function drawDrawer() {
  const drawer = byId('answer');
  const title = el('h2', {tabindex: -1}, 'Record');
  const place = el('div', {class: 'inside'});
  const step = (by) => {
    const at = choice.rows.indexOf(choice.record);
    const next = choice.rows[at + by];
    if (next !== undefined) choice.pick(next);
  };
  const earlier = button('←', () => step(-1), {'aria-label': 'Previous record'});
  const later = button('→', () => step(1), {'aria-label': 'Next record'});
  const shut = () => choice.pick(-1);
  drawer.append(el('div', {class: 'drawer-bar'}, title, earlier, later,
    button('×', shut, {'aria-label': 'Close', class: 'shut'})), place);
  let opener = null;
  choice.on('record', () => {
    const row = choice.record;
    const opening = drawer.hidden && row >= 0;
    if (opening) opener = document.activeElement;
    drawer.hidden = row < 0;
    document.body.classList.toggle('beside', row >= 0);
    if (row < 0) {
      if (drawer.contains(document.activeElement) || document.activeElement === document.body) {
        opener?.focus({preventScroll: true});
      }
      return;
    }
    const at = choice.rows.indexOf(row);
    title.textContent = at >= 0 ? `Record ${count(at + 1)} of ${count(choice.rows.length)}`
      : 'Record';
    earlier.disabled = at <= 0;
    later.disabled = at < 0 || at === choice.rows.length - 1;
    place.replaceChildren(answerView(row));
    place.scrollTop = 0;
    if (opening) title.focus({preventScroll: true});
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && !drawer.hidden) shut();
  });
}
