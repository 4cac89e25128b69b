/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   Put the page together. */
'use strict';

const SECTIONS = {
  summary: 'Summary', accuracy: 'Accuracy', certainty: 'Certainty', cost: 'Cost', drives: 'Drives',
  wrong: 'Wrong answers', records: 'Records',
};

function drawBar() {
  const shown = Object.entries(SECTIONS).filter(([id]) => !byId(id).hidden);
  byId('sections').append(...shown.map(([id, words]) => el('a', {href: `#${id}`}, words)));
  const theme = byId('theme');
  const name = () => {
    const chosen = document.documentElement.dataset.theme;
    theme.textContent = {auto: '◐ auto', light: '○ light', dark: '● dark'}[chosen];
    theme.title = `Colours: ${chosen === 'auto' ? 'those of the system' : chosen}`;
  };
  theme.addEventListener('click', () => {
    const at = THEMES.indexOf(document.documentElement.dataset.theme);
    chooseTheme(THEMES[(at + 1) % THEMES.length]);
    name();
  });
  name();
  watchSections(shown.map(([id]) => id));
}

/* Mark the section that is being read. */
function watchSections(ids) {
  const seen = new Set();
  const watcher = new IntersectionObserver((entries) => {
    for (const {target, isIntersecting} of entries) {
      if (isIntersecting) seen.add(target.id);
      else seen.delete(target.id);
    }
    const current = ids.find((id) => seen.has(id));
    for (const link of byId('sections').children) {
      if (link.hash === `#${current}`) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  }, {rootMargin: '-30% 0px -60% 0px'});
  for (const id of ids) watcher.observe(byId(id));
}

/* Links to a section keep what is chosen. */
function keepChoice(event) {
  const link = event.target.closest?.('a[href^="#"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const [section, query = ''] = link.getAttribute('href').slice(1).split('?');
  if (!byId(section)) return;
  event.preventDefault();
  if (query) choice.filter(Object.fromEntries(new URLSearchParams(query)));
  choice.go(section);
}

function drawFoot() {
  byId('foot').replaceChildren(
    el('p', {}, `${run.name ?? 'Run'}: ${count(answers.count)} records`
      + (run.version ? `, mpnp_ros ${run.version}` : '') + '. This page is complete: it loads '
      + 'nothing.'));
}

choice.read();
drawHead();
drawAccuracy();
drawCertainty();
drawCost();
drawDrives();
drawWrong();
drawRecords();
drawDrawer();
drawFoot();
drawBar();
document.addEventListener('click', keepChoice);
addEventListener('hashchange', () => {
  choice.read();
  show(choice.section);
});
if (choice.record >= 0) choice.pick(choice.record);
if (choice.section) byId(choice.section)?.scrollIntoView();
showPage();
performance.mark('report-ready');
