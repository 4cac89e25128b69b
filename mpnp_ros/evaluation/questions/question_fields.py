# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""From the fields of one question, whatever file they stand in, to a question that can be asked.

The names of the fields are those of the JSON lines; the readers of other formats translate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
import json
import math
import reprlib
from typing import Any

from mpnp_ros.evaluation.questions.question import AskedQuestion
from mpnp_ros.evaluation.record import same_answer

MAX_QUESTION_BYTES = 4096   # of UTF-8: what the LLM node takes unless its parameters say more

_MAX_STAMP_NS = 2 ** 63 - 1


class BadQuestion(ValueError):
    """A question that cannot be asked: `what` is wrong, and in `detail` with which values."""

    def __init__(self, what: str, detail: str = '') -> None:
        super().__init__(f'{what} ({detail})' if detail else what)
        self.what = what
        self.detail = detail


class OtherSample(Exception):
    """A question about a sample that the bag does not hold."""


@dataclass(frozen=True)
class Known:
    """What is known of the bag that the questions are about; None: not known, so not checked.

    :ivar stamps: the stamp of each sample, ns, by its token.
    :ivar modalities: those that questions may need or ask for.
    :ivar condition: that of questions that do not name one; the same for `scene`.
    """

    stamps: Mapping[str, int] | None = None
    start_ns: int | None = None
    end_ns: int | None = None
    modalities: Sequence[str] | None = None
    condition: str = ''
    scene: str = ''
    max_question_bytes: int = MAX_QUESTION_BYTES


@dataclass(frozen=True)
class Item:
    """One question as it stands in a file.

    :ivar where: its place in the file, in words.
    :ivar key: what its id is made of where it has none.
    :ivar content: its fields, or why there are none.
    """

    where: str
    key: str
    content: Mapping[str, Any] | BadQuestion


def parse_json(text: str) -> Any:
    """Return what a text of JSON holds, decimal fractions as Decimal; raises BadQuestion."""
    try:
        return json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError as error:
        line = f'line {error.lineno}, ' if error.lineno > 1 else ''
        raise BadQuestion('not complete JSON', f'{line}column {error.colno}: {error.msg}') \
            from error
    except (ValueError, RecursionError) as error:   # thousands of digits, of brackets
        raise BadQuestion('not usable JSON', str(error)) from error


def shown(value: Any) -> str:
    """Return a value as a problem shows it: short."""
    return reprlib.repr(value)


def asked_question(key: str, fields: Mapping[str, Any], known: Known) -> AskedQuestion:
    """Return the question that the fields describe.

    :param key: its id where it has none of its own.
    :raises BadQuestion: a field is missing or not what it should be.
    :raises OtherSample: it is about a sample that the bag does not hold.
    """
    stamp_ns = _stamp_ns(fields, known)
    text = _text(fields, 'question')
    if not text.strip():
        raise BadQuestion("'question' is missing" if fields.get('question') is None
                          else 'the question is empty')
    size = len(text.encode())
    if size > known.max_question_bytes:
        raise BadQuestion(
            f'the question is longer than {known.max_question_bytes} bytes', f'{size} bytes')
    candidates = _candidates(fields)
    return AskedQuestion(
        id=_text(fields, 'id') or key,
        stamp_ns=stamp_ns,
        text=text,
        answer=_answer(fields, candidates),
        candidates=candidates,
        type=_text(fields, 'type'),
        hop=_hop(fields),
        condition=_text(fields, 'condition') or known.condition,
        scene=_text(fields, 'scene') or known.scene,
        needs=_modalities(fields, 'needs', known),
        needs_any=_those_offered(fields, 'needs_any', known),
        modalities=_modalities(fields, 'modalities', known),
    )


def _stamp_ns(fields: Mapping[str, Any], known: Known) -> int:
    given = [name for name in ('stamp_ns', 'stamp', 'sample_token')
             if fields.get(name) is not None]
    if not given:
        raise BadQuestion("'stamp_ns' is missing (or 'stamp' in seconds, or 'sample_token')")
    if given[0] == 'sample_token':
        return _in_time(_sample_stamp_ns(_text(fields, 'sample_token'), known), known)
    value = fields[given[0]]
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise BadQuestion(f"'{given[0]}' is not a number", shown(value))
    if not isinstance(value, int) and not math.isfinite(value):
        raise BadQuestion(f"'{given[0]}' is not a finite number", str(value))
    if given[0] == 'stamp_ns':
        if not isinstance(value, int):
            raise BadQuestion("'stamp_ns' is not a whole number of nanoseconds", str(value))
        stamp_ns = value
    elif not -_MAX_STAMP_NS <= value <= _MAX_STAMP_NS:   # before a power of ten is written out
        raise BadQuestion('the stamp is out of range', f'{value} s')
    else:
        stamp_ns = round(Decimal(value) * 10 ** 9)
    if not 0 <= stamp_ns <= _MAX_STAMP_NS:
        raise BadQuestion('the stamp is out of range', shown(stamp_ns))
    return _in_time(stamp_ns, known)


def _sample_stamp_ns(token: str, known: Known) -> int:
    if known.stamps is None:
        raise BadQuestion("a 'sample_token', and no samples.json of the bag to look it up in")
    if token not in known.stamps:
        raise OtherSample(token)
    return known.stamps[token]


def _in_time(stamp_ns: int, known: Known) -> int:
    if known.start_ns is not None and stamp_ns < known.start_ns:
        raise BadQuestion("the stamp lies outside the bag's time",
                          f'{(known.start_ns - stamp_ns) / 1e9:.3f} s before its start')
    if known.end_ns is not None and stamp_ns > known.end_ns:
        raise BadQuestion("the stamp lies outside the bag's time",
                          f'{(stamp_ns - known.end_ns) / 1e9:.3f} s after its end')
    return stamp_ns


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ''
    return _valid_text(value, name)


def _valid_text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise BadQuestion(f"'{name}' is not text", shown(value))
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadQuestion(f"'{name}' is not valid Unicode", shown(value)) from error
    return value


def _answer_text(value: Any, name: str) -> str:
    # Counts stand as numbers in some files.
    return str(value) if type(value) is int else _valid_text(value, name)


def _candidates(fields: Mapping[str, Any]) -> tuple[str, ...]:
    candidates = tuple(_answer_text(value, 'candidates') for value in _list(fields, 'candidates'))
    if not all(candidate.strip() for candidate in candidates):
        raise BadQuestion('a candidate is empty')
    for index, candidate in enumerate(candidates):
        if any(same_answer(candidate, other) for other in candidates[:index]):
            raise BadQuestion('a candidate is named twice', shown(candidate))
    return candidates


def _answer(fields: Mapping[str, Any], candidates: tuple[str, ...]) -> str | None:
    """Return the right answer in the candidates' spelling, None where there is none."""
    if fields.get('answer') is None:
        return None
    answer = _answer_text(fields['answer'], 'answer')
    if not candidates:
        return answer
    for candidate in candidates:
        if same_answer(answer, candidate):
            return candidate
    raise BadQuestion('the answer is none of the candidates',
                      f'{shown(answer)}, expected one of {shown(list(candidates))}')


def _hop(fields: Mapping[str, Any]) -> int | None:
    value: Any = fields.get('hop')
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadQuestion("'hop' is not a whole number from 0 on", shown(value))
    return value


def _modalities(fields: Mapping[str, Any], name: str, known: Known) -> tuple[str, ...]:
    modalities = tuple(_valid_text(value, name) for value in _list(fields, name))
    for modality in modalities:
        if known.modalities is not None and modality not in known.modalities:
            raise BadQuestion(f"'{name}' names the modality {shown(modality)}; there are "
                              f'{", ".join(known.modalities) or "none"}')
    return modalities


def _those_offered(fields: Mapping[str, Any], name: str, known: Known) -> tuple[str, ...]:
    """Return modalities any one of which is enough: those that are not there do not matter."""
    modalities = tuple(_valid_text(value, name) for value in _list(fields, name))
    return modalities if known.modalities is None else tuple(
        modality for modality in modalities if modality in known.modalities)


def _list(fields: Mapping[str, Any], name: str) -> list[Any]:
    value = fields.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadQuestion(f"'{name}' is not a list", shown(value))
    return value
