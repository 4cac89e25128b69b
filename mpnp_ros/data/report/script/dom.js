/* Copyright 2026 The mpnp_ros Authors
   SPDX-License-Identifier: Apache-2.0
   Make elements. Texts only ever become text nodes: what a question holds is never HTML. */
'use strict';

const SVG = 'http://www.w3.org/2000/svg';

/* el('a', {href: '#x', class: 'y', on: {click: f}}, 'text', node, null) */
function el(tag, given = {}, ...children) {
  return filled(document.createElement(tag), given, children);
}

function svg(tag, given = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), given, children);
}

function filled(node, given, children) {
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === 'on') {
      for (const [event, handler] of Object.entries(value)) node.addEventListener(event, handler);
    } else if (name === 'style') {
      for (const [property, one] of Object.entries(value)) node.style.setProperty(property, one);
    } else {
      node.setAttribute(name, value === true ? '' : value);
    }
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

/* Text that others wrote: its writing direction stays its own. */
function said(text, given = {}) {
  return el('bdi', {dir: 'auto', ...given}, text);
}

function byId(id) {
  return document.getElementById(id);
}

function dataOf(id) {
  return JSON.parse(byId(`data-${id}`).textContent);
}

function unhide(id) {
  const section = byId(id);
  section.hidden = false;
  return section;
}

function figure(title, ...children) {
  return el('figure', {}, el('figcaption', {}, title), ...children);
}

function select(label, options, chosen, change, given = {}) {
  const box = el('select', {...given, on: {change: () => change(box.value)}},
    options.map(([value, text]) => el('option', {value, selected: value === chosen}, text)));
  return el('label', {class: 'field'}, el('span', {}, label), box);
}

function button(text, click, given = {}) {
  return el('button', {type: 'button', ...given, on: {click}}, text);
}
