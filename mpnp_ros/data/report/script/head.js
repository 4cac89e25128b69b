/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   The head of the report: what ran, what came out, what was wrong with the inputs. */
'use strict';

function drawHead() {
  byId('kicker').replaceChildren(
    `Evaluation · ${run.path === 'live' ? 'live, through topics' : 'offline, bags in order'}`,
    run.version ? ` · mpnp_ros ${run.version}` : '');
  byId('against').replaceChildren(controlsTable());
  byId('tiles').replaceChildren(...tiles().map(tile));
  byId('notices').replaceChildren(...notices());
  byId('setting').replaceChildren(setting());
}

/* The run above its controls, on one scale. */
function controlsTable() {
  const rows = [['share', 'This run', scores.overall]];
  if (before) rows.push(['before', before.run.name ?? 'before', before.scores.overall]);
  for (const [name, control] of Object.entries(scores.controls ?? {})) {
    if (control?.overall) rows.push([name, CONTROL_WORDS[name] ?? name, control.overall]);
  }
  if (!known(scores.overall?.accuracy)) return el('p', {class: 'hint'}, 'Nothing to score.');
  return el('table', {class: 'against'},
    el('caption', {class: 'unseen'}, 'Accuracy of the run and of its controls'),
    el('thead', {class: 'unseen'}, el('tr', {}, ['Answers', 'Accuracy', 'Plot', '95 % interval']
      .map((label) => el('th', {scope: 'col'}, label)))),
    el('tbody', {}, rows.map(([kind, words, one]) => el('tr', {class: kind},
      el('th', {scope: 'row'}, said(words)),
      el('td', {class: 'number'}, percent(one.accuracy)),
      el('td', {class: 'plot'}, shareBar(one)),
      el('td', {class: 'number range'}, interval(one.low, one.high))))));
}

function tile({label, value, detail, plot, wide}) {
  return el('div', {class: wide ? 'tile wide' : 'tile'},
    el('p', {class: 'label'}, label), el('p', {class: 'value'}, value),
    plot ?? null, detail ? el('p', {class: 'detail'}, detail) : null);
}

function tiles() {
  const shown = [verdictTile()];
  const driven = (run.bags ?? []).reduce((sum, bag) => sum + (bag.duration_s ?? 0), 0);
  if (run.bags?.length) {
    shown.push({label: run.bags.length === 1 ? 'Bag' : 'Bags', value: count(run.bags.length),
      detail: driven ? `${duration(driven)} of driving` : null});
  }
  const latency = scores.latency_ms?.[answers.latencyName];
  if (latency) {
    shown.push({label: `Latency, ${TIME_WORDS[answers.latencyName]}`,
      value: milliseconds(latency.p50),
      detail: `median; 99 % below ${milliseconds(latency.p99)}`});
  }
  const {flops, payload_bytes: payload} = scores.cost ?? {};
  if (known(flops?.total)) {
    shown.push({label: 'Operations an answer', value: operations(flops.total),
      detail: known(payload) ? `${bytes(payload)} of latents` : null});
  } else if (known(payload)) {
    shown.push({label: 'Latents an answer', value: bytes(payload)});
  }
  if (known(summary.took?.real_time)) {
    shown.push({label: 'Speed', value: `${short(summary.took.real_time)}${SPACE}×`,
      detail: `of real time; ${duration(summary.took.wall_s)} in all`});
  }
  if (scores.calibration) {
    shown.push({label: 'Calibration error', value: percent(scores.calibration.ece),
      detail: `Brier score ${short(scores.calibration.brier)}`});
  }
  return shown;
}

function verdictTile() {
  const tally = VERDICTS.map((verdict) => [verdict,
    answers.verdicts.filter((one) => one === verdict).length]).filter(([, number]) => number);
  let from = 0;
  const plot = svg('svg', {class: 'tally', width: '100%', height: 8, 'aria-hidden': 'true'},
    tally.map(([verdict, number]) => {
      const width = 100 * number / answers.count;
      const part = svg('rect', {
        class: verdict, x: `${from}%`, y: 0, width: `${width}%`, height: 8});
      from += width;
      return part;
    }));
  return {wide: true, label: answers.count === 1 ? 'Question' : 'Questions',
    value: count(answers.count), plot,
    detail: tally.map(([verdict, number]) => el('a', {
      class: 'tally-part', href: `#records?verdict=${verdict}`},
    glyph(verdict), ` ${count(number)} ${VERDICT_WORDS[verdict]}`))};
}

function notices() {
  const shown = [];
  if (problems.length) {
    const times = problems.reduce((sum, problem) => sum + problem.count, 0);
    shown.push(el('details', {class: 'notice'},
      el('summary', {}, `Something was wrong with the inputs: ${count(times)} `
        + `${times === 1 ? 'time' : 'times'}, ${count(problems.length)} `
        + `${problems.length === 1 ? 'kind' : 'kinds'}`),
      el('ul', {}, problems.map((problem) => el('li', {},
        said(problem.what), el('span', {class: 'times'}, ` × ${count(problem.count)}`),
        placesOf(problem))))));
  }
  const reasons = Object.entries(scores.refusals ?? {});
  if (reasons.length) {
    shown.push(el('details', {class: 'notice'},
      el('summary', {}, `Why ${count(scores.refused)} `
        + `${scores.refused === 1 ? 'question was' : 'questions were'} refused`),
      el('ul', {}, reasons.map(([reason, times]) => el('li', {},
        said(reason), el('span', {class: 'times'}, ` × ${count(times)}`))))));
  }
  return shown;
}

function placesOf({count: times, places}) {
  return el('ul', {class: 'places'}, places.map((place) => el('li', {}, said(place))),
    times > places.length ? el('li', {}, `and ${count(times - places.length)} more`) : null);
}

function setting() {
  const {model} = run;
  const facts = [
    ['Model', model ? [said(model.id), model.dtype ? `, ${model.dtype}` : '',
      known(model.connected_blocks)
        ? `, sensors enter ${model.connected_blocks} of ${model.blocks} blocks` : ''] : null],
    ['Configuration', run.configuration ? said(run.configuration) : null],
    ['Questions', run.questions?.length ? questionFiles() : null],
    ['Compared with', before ? said(before.run.name ?? '') : null],
  ].filter(([, words]) => words !== null);
  return el('div', {class: 'setting'},
    el('dl', {class: 'facts'}, facts.map(([name, words]) => el('div', {},
      el('dt', {}, name), el('dd', {}, words)))),
    el('div', {class: 'folds'},
      modalitiesTable(), bagsTable(), parameters(), differingSettings()));
}

function questionFiles() {
  return run.questions.map((file, index) => [
    index ? ', ' : '', said(String(file.path).split('/').at(-1)),
    ` (${count(file.count)})`]).flat();
}

function modalitiesTable() {
  const names = [...new Set([
    ...Object.keys(run.encoders ?? {}), ...Object.keys(run.connectors ?? {})])];
  if (!names.length) return null;
  const rows = names.map((name) => ({
    name, encoder: run.encoders?.[name], connector: run.connectors?.[name]}));
  const columns = [
    {key: 'name', label: 'Modality', value: (row) => row.name, cell: (row) => said(row.name)},
    {key: 'encoder', label: 'Encoder', class: 'long',
      value: (row) => row.encoder?.id ?? row.connector?.encoder_id ?? '',
      cell: (row) => said(row.encoder?.id ?? row.connector?.encoder_id ?? NOTHING)},
    {key: 'trained', label: 'Trained', value: (row) => ({true: 'yes', false: 'no'})[
      row.encoder?.trained] ?? NOTHING},
    {key: 'connector', label: 'Connector for its weights', value: (row) => matches(row)},
    {key: 'weights', label: 'Weights', class: 'hash',
      value: (row) => (row.encoder?.weights_hash ?? '').slice(0, 12) || NOTHING},
  ];
  return folded('Encoders and connectors', sortable({
    caption: 'Encoders and connectors', showCaption: false, columns, rows}));
}

function matches({encoder, connector}) {
  if (!connector) return 'none';
  if (!encoder?.weights_hash || !connector.weights_hash) return 'yes';
  return encoder.weights_hash === connector.weights_hash ? 'yes' : 'for other weights';
}

function bagsTable() {
  if (!run.bags?.length) return null;
  const rows = run.bags.map((bag) => ({...bag, topics: bag.topics ?? []}));
  return folded(rows.length === 1 ? 'The bag' : `${count(rows.length)} bags`, sortable({
    caption: 'Bags', showCaption: false, rows, tall: rows.length > 12, columns: [
      {key: 'name', label: 'Bag', value: (bag) => bag.name, cell: (bag) => said(bag.name)},
      {key: 'duration', label: 'Duration', number: true, value: (bag) => bag.duration_s ?? null,
        cell: (bag) => duration(bag.duration_s)},
      {key: 'messages', label: 'Messages', number: true, value: (bag) => bag.messages ?? null,
        cell: (bag) => count(bag.messages)},
      {key: 'bytes', label: 'Size', number: true, value: (bag) => sizeOf(bag),
        cell: (bag) => bytes(sizeOf(bag))},
      {key: 'topics', label: 'Topics', class: 'long', value: (bag) => bag.topics.length,
        cell: (bag) => said(bag.topics.map((topic) => topic.topic).join(', ') || NOTHING)},
    ]}));
}

function sizeOf(bag) {
  const sizes = bag.topics.map((topic) => topic.bytes).filter(known);
  return sizes.length ? sizes.reduce((sum, size) => sum + size, 0) : null;
}

function parameters() {
  const nodes = {...run.parameters, ...(run.options ? {'(options of the run)': run.options} : {})};
  if (!Object.keys(nodes).length) return null;
  return folded('Parameters', el('pre', {tabindex: 0}, JSON.stringify(nodes, null, 1)));
}

function differingSettings() {
  const rows = before?.difference.settings ?? [];
  if (!rows.length) return null;
  const shown = (value) => (value === null ? NOTHING : String(value));
  return folded('Settings that differ', sortable({
    caption: 'Settings that differ', showCaption: false, rows, columns: [
      {key: 'setting', label: 'Setting', class: 'long', value: (row) => row.setting},
      {key: 'before', label: 'before', class: 'long', value: (row) => shown(row.before)},
      {key: 'after', label: 'this run', class: 'long', value: (row) => shown(row.after)},
    ]}));
}

function folded(title, content) {
  return el('details', {class: 'folded'}, el('summary', {}, title), content);
}
