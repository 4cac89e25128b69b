# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How nuScenes-QA words its questions, to the letter, slips of grammar included.

Scores are to be compared with those of models that were trained on nuScenes-QA, so 'that in the
same status' and 'buss' stay as they are. {the}, {The} and {a} are the object that is asked about.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

EXIST = ('Are there any {plural}?', 'Are any {plural} visible?')
EXIST_AROUND = (
    'Are there any {plural} to the {direction} of {anchor}?',
    'There is a {known}; are there any {plural} to the {direction} of it?')
EXIST_SAME = (
    'Is there another {other} of the same status as {the}?',
    'Is there another {other} that has the same status as {the}?',
    'Are there any other {other}s of the same status as {the}?',
    'Are there any other {other}s that in the same status as {the}?')
COUNT = ('How many {plural} are there?', 'What number of {plural} are there?')
COUNT_AROUND = (
    'How many {plural} are to the {direction} of {anchor}?',
    'What number of {plural} are to the {direction} of {anchor}?',
    'There is a {known}; how many {plural} are to the {direction} of it?',
    'There is a {known}; what number of {plural} are to the {direction} of it?')
COUNT_SAME = (
    'How many other {other}s are there of the same status as {the}?',
    'How many other {other}s are in the same status as {the}?',
    'What number of other {other}s are there of the same status as {the}?',
    'What number of other {other}s are in the same status as {the}?')
COUNT_SAME_AROUND = (
    'How many other {other}s are in the same status as {the}?',
    'How many other {other}s in the same status as {the}?',
    'What number of other {other}s in the same status as {the}?')
OBJECT = ('What is {the}?', '{The} is what?', 'There is {a}; what is it?')
STATUS = (
    'What is the status of {the}?', 'What status is {the}?', '{The} is in what status?',
    'There is {a}; what status is it?')
STATUS_AROUND = (*STATUS, 'There is {a}; what is its status?')
SAME_AROUND = (
    'Do {the} and {the_other} have the same status?',
    'Does {the} have the same status as {the_other}?',
    'Is the status of {the} the same as {the_other}?',
    'There is {a}; is its status the same as {the_other}?',
    'There is {a}; does it have the same status as {the_other}?',
    'There is {a}; is it the same status as {the_other}?')
SAME = (*SAME_AROUND[:3], 'Is {the} the same status as {the_other}?')

_THAT_IS = ('to the {} of {}', 'that is to the {} of {}')
_THAT_IS_BOTH = ('that is to the {} of {} and the {} of {}',
                 'that is both to the {} of {} and the {} of {}')


def around(description: str, relations: Sequence[tuple[str, str]], rng: Random) -> str:
    """Return the words for an object by how it lies: relations are directions from anchors."""
    forms = _THAT_IS if len(relations) == 1 else _THAT_IS_BOTH
    places = [word for relation in relations for word in relation]
    return f'{description} {rng.choice(forms).format(*places)}'


def ask(templates: Sequence[str], rng: Random, words: str = '', *, anchor: str = '',
        **fields: str) -> str:
    """Return a question in one of the wordings.

    :param words: the object that is asked about, without article.
    :param anchor: 'me' or 'the <description>'; the wordings with {known} need the latter.
    """
    known = anchor.removeprefix('the ') if anchor.startswith('the ') else ''
    usable = [one for one in templates if known or '{known}' not in one]
    return rng.choice(usable).format(
        the=f'the {words}', The=f'The {words}', a=f'a {words}', anchor=anchor, known=known,
        **fields)
