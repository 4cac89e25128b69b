# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read nuScenes-QA (arXiv 2305.14836): the released JSON, and the same questions as JSON lines.

A question names a sample of nuScenes by its token. Its type and hops are in the released files;
where they are not, they follow from the wording, since every question is one of 66 templates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import re
from typing import Any, TypeGuard

from mpnp_ros.evaluation.questions.question_fields import BadQuestion, Item, shown

YES_NO = ('yes', 'no')
COUNTS = tuple(str(count) for count in range(11))
OBJECTS = (
    'barrier', 'bicycle', 'bus', 'car', 'construction vehicle', 'motorcycle', 'pedestrian',
    'traffic cone', 'trailer', 'truck')
STATUSES = (
    'moving', 'not standing', 'parked', 'standing', 'stopped', 'with rider', 'without rider')

ANSWERS_BY_TYPE = {
    'exist': YES_NO, 'count': COUNTS, 'object': OBJECTS, 'status': STATUSES,
    'comparison': YES_NO}
ANSWERS = (*YES_NO, *COUNTS, *OBJECTS, *STATUSES)   # 30

# What is asked, after 'There is a ...;'. The order matters: 'is there another ... of the same
# status' asks whether there is one, 'how many other ... in the same status' counts.
_FORMS = tuple((kind, re.compile(form)) for kind, form in (
    ('count', r'(how many|what number of) .+'),
    ('exist', r'are there any .+|is there another .+|are any .+ visible'),
    ('comparison', r'(do|does) .+ have the same status( as .+)?'
                   r'|is (its status|the status of .+) the same as .+'
                   r'|is .+ the same status as .+'),
    ('status', r'what status is .+|what is (its status|the status of .+)|.+ is in what status'),
    ('object', r'what is .+|.+ is what'),
))
_RELATION = re.compile(r'\bto the (front|back)( left| right)? of\b')


def question_type(text: str) -> str:
    """Return the type that the wording of a question shows, '' where it is no template."""
    asks = text.rpartition(';')[2].strip().rstrip('?').rstrip().lower()
    return next((kind for kind, form in _FORMS if form.fullmatch(asks)), '')


def question_hop(text: str) -> int:
    """Return 1 where an object is found from where another one or the ego car is, otherwise 0."""
    return int(_RELATION.search(text.lower()) is not None)


def is_nuscenes_qa(document: Any) -> TypeGuard[Mapping[str, Any]]:
    """Tell whether a parsed file is one of the released ones."""
    return isinstance(document, Mapping) and isinstance(document.get('questions'), list)


def document_items(document: Mapping[str, Any]) -> Iterator[Item]:
    """Return the questions of a released file in order."""
    for index, fields in enumerate(document['questions']):
        yield Item(f'question {index}', str(index), fields if isinstance(fields, Mapping)
                   else BadQuestion('not a JSON object', shown(fields)))


def with_type(item: Item) -> Item:
    """Return a question with its type, its hops and the answers that its type may get."""
    if isinstance(item.content, BadQuestion):
        return item
    return Item(item.where, item.key, _typed(item.content))


def _typed(fields: Mapping[str, Any]) -> Mapping[str, Any] | BadQuestion:
    text = fields.get('question')
    if not isinstance(text, str):
        return fields
    kind = fields.get('template_type') or fields.get('type') or question_type(text)
    if kind and (not isinstance(kind, str) or kind not in ANSWERS_BY_TYPE):
        return BadQuestion(f"'template_type' is none of {', '.join(ANSWERS_BY_TYPE)}",
                           shown(kind))
    answer = fields.get('answer')
    if answer is not None and str(answer) not in ANSWERS:
        return BadQuestion("the answer is none of nuScenes-QA's 30 answers", shown(answer))
    hop = next((fields[name] for name in ('num_hop', 'hop') if fields.get(name) is not None),
               question_hop(text) if kind else None)
    return {'candidates': list(ANSWERS_BY_TYPE.get(kind, ANSWERS)), **fields,
            'type': kind, 'hop': hop}
