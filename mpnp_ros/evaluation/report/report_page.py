# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""One HTML file out of a template, its style sheets, its scripts and its data.

The template is a page of its own that names its style sheets and scripts; here they are put into
it. Data are JSON in elements of their own: nothing of them is ever read as HTML or as a script,
and the page's policy runs no script and applies no style but these, and forbids the network.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
import hashlib
import html
import json
import math
from pathlib import Path
import re
from typing import Any

FILES = Path(__file__).resolve().parents[2] / 'data' / 'report'
_STYLE = re.compile(r'<link rel="stylesheet" href="([\w/]+\.css)">')
_SCRIPT = re.compile(r'<script src="([\w/]+\.js)"></script>')
_HEADER = re.compile(r'\A/\*.*?\*/\s*', re.DOTALL)
_WORD = re.compile(r'\{\{(\w+)\}\}')


def page(words: Mapping[str, str], data: Mapping[str, Any]) -> str:
    """Return the page.

    :param words: texts by the name that stands for them in the template.
    :param data: what each data element of the page holds, by its id.
    """
    styles, scripts = _Parts('style'), _Parts('script')
    text = (FILES / 'template.html').read_text(encoding='utf-8')
    text = _SCRIPT.sub(scripts.put_in, _STYLE.sub(styles.put_in, text))
    elements = ''.join(
        f'<script type="application/json" id="{name}">{as_json(content)}</script>\n'
        for name, content in data.items())
    filled = {**{name: html.escape(word) for name, word in words.items()},
              'policy': policy(styles.hashes, scripts.hashes), 'data': elements}
    # At once: a text may hold what looks like a name.
    return _WORD.sub(lambda found: filled[found[1]], text)


def policy(styles: list[str], scripts: list[str]) -> str:
    """Return a content security policy that allows these parts and pictures of the page only."""
    return ('default-src &#39;none&#39;; '
            f'style-src {" ".join(styles)}; script-src {" ".join(scripts)}; '
            'img-src data: blob:; base-uri &#39;none&#39;; form-action &#39;none&#39;')


def as_json(content: Any) -> str:
    """Return JSON that can stand in a script element; numbers that JSON lacks become null."""
    try:
        text = _dumped(content)
    except ValueError:
        text = _dumped(_finite(content))
    # '</script>' and '<!--' would end the element or change how the rest is read.
    return text.replace('<', '\\u003c').encode('utf-8', 'replace').decode('utf-8')


def _dumped(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(',', ':'))


def _finite(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {name: _finite(value) for name, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content


class _Parts:
    """Put files into elements of one kind, and collect the hashes by which they are allowed."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self.hashes: list[str] = []

    def put_in(self, named: re.Match[str]) -> str:
        text = _HEADER.sub('', (FILES / named[1]).read_text(encoding='utf-8'))
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        self.hashes.append(f'&#39;sha256-{digest}&#39;')
        return f'<{self._tag}>{text}</{self._tag}>'
