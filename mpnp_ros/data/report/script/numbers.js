/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   Write numbers for people. What was not measured is a dash. */
'use strict';

const NOTHING = '–';
const SPACE = '\u00a0';
const counts = new Intl.NumberFormat('en');

function known(value) {
  return typeof value === 'number' && Number.isFinite(value);
}

function count(value) {
  return known(value) ? counts.format(value) : NOTHING;
}

function percent(share, digits = 1) {
  return known(share) ? `${(100 * share).toFixed(digits)}${SPACE}%` : NOTHING;
}

function points(difference) {
  if (!known(difference)) return NOTHING;
  const text = (100 * difference).toFixed(1);
  return text.startsWith('-') ? `−${text.slice(1)}` : `+${text}`;
}

function interval(low, high) {
  if (!known(low) || !known(high)) return NOTHING;
  return `${(100 * low).toFixed(1)}–${(100 * high).toFixed(1)}`;
}

/* 3 significant digits, no exponent. */
function short(value) {
  if (!known(value)) return NOTHING;
  const size = Math.abs(value);
  return value.toFixed(size >= 100 || size === 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

function scaled(value, unit, prefixes, base = 1000) {
  if (!known(value)) return NOTHING;
  let step = 0;
  while (Math.abs(value) >= base && step < prefixes.length - 1) {
    value /= base;
    step += 1;
  }
  return `${step ? Number(short(value)) : Math.round(value)}${SPACE}${prefixes[step]}${unit}`;
}

function operations(flops) {
  return scaled(flops, 'FLOP', ['', 'k', 'M', 'G', 'T', 'P']);
}

function bytes(size) {
  return scaled(size, 'B', ['', 'k', 'M', 'G', 'T']);
}

function milliseconds(taken) {
  if (!known(taken)) return NOTHING;
  return Math.abs(taken) >= 10000
    ? `${short(taken / 1000)}${SPACE}s` : `${short(taken)}${SPACE}ms`;
}

function seconds(age) {
  return known(age) ? `${age.toFixed(2)}${SPACE}s` : NOTHING;
}

/* Time on a drive: 83.4 -> 1:23.4 */
function clock(time, digits = 1) {
  const rest = Math.max(0, time);
  const minutes = Math.floor(Number(rest.toFixed(digits)) / 60);
  const left = Math.max(0, rest - 60 * minutes).toFixed(digits);
  return `${minutes}:${left.padStart(digits ? 3 + digits : 2, '0')}`;
}

function duration(time) {
  if (!known(time)) return NOTHING;
  if (time < 120) return `${short(time)}${SPACE}s`;
  if (time < 7200) return `${(time / 60).toFixed(1)}${SPACE}min`;
  return `${(time / 3600).toFixed(1)}${SPACE}h`;
}

/* About `wanted` round numbers from low to high. */
function ticks(low, high, wanted) {
  const rough = (high - low) / Math.max(1, wanted) || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough * 0.999);
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9; at += 1) {
    found.push(Number((at * step).toPrecision(12)));
  }
  return found;
}
