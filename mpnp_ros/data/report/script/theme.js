/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   Before anything is painted. Which colours: those of the system until one is chosen. And nothing
   is shown before all of it is drawn, so that nothing moves (see main.js). */
'use strict';

const THEMES = ['auto', 'light', 'dark'];
const THEME_KEY = 'mpnp-report-theme';

// Where a page may not keep anything (a sandboxed frame), the choice lasts as long as the page.
function rememberedTheme() {
  try {
    return localStorage.getItem(THEME_KEY);
  } catch {
    return null;
  }
}

function applyTheme(theme) {
  document.documentElement.dataset.theme = THEMES.includes(theme) ? theme : 'auto';
}

function chooseTheme(theme) {
  applyTheme(theme);
  try {
    localStorage.setItem(THEME_KEY, theme);
  } catch {
    // Nothing may be kept.
  }
}

function showPage() {
  document.documentElement.classList.remove('drawing');
}

applyTheme(rememberedTheme());
document.documentElement.classList.add('drawing');
addEventListener('error', showPage);
