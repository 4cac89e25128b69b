# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read DriveLM's questions on nuScenes (arXiv 2312.14150), the JSON of versions 1.0 and 1.1.

{scene_token: {'key_frames': {frame_token: {'QA': {'perception': [{'Q': ..., 'A': ...}]}}}}}

A frame is a sample of nuScenes. The section of a question is its type. Most answers are
sentences; a question that names its options, or is answered by a mere yes or no, gets candidates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import re
from typing import Any, TypeGuard

from mpnp_ros.evaluation.questions.question_fields import BadQuestion, Item, shown
from mpnp_ros.evaluation.record import same_answer

SECTIONS = ('perception', 'prediction', 'planning', 'behavior')

# '... Please select the correct answer from the following options: A. Turn left. B. Stopped.'
_OPTIONS = re.compile(r'\boptions: *(A\..*)', re.DOTALL)
_LETTER = re.compile(r'(?:^|\s)([A-H])\.\s')


def is_drivelm(document: Any) -> TypeGuard[Mapping[str, Any]]:
    """Tell whether a parsed file is DriveLM's: scenes by token, each with its key frames."""
    return isinstance(document, Mapping) and bool(document) and any(
        isinstance(scene, Mapping) and 'key_frames' in scene for scene in document.values())


def document_items(document: Mapping[str, Any]) -> Iterator[Item]:
    """Return the questions in the order of the file."""
    for scene_token, scene in document.items():
        frames = scene.get('key_frames') if isinstance(scene, Mapping) else None
        if not isinstance(frames, Mapping):
            yield Item(f'scene {scene_token}', scene_token,
                       BadQuestion("a scene without 'key_frames'"))
            continue
        for frame_token, frame in frames.items():
            yield from _frame_items(scene_token, frame_token, frame)


def _frame_items(scene_token: str, frame_token: str, frame: Any) -> Iterator[Item]:
    sections = frame.get('QA') if isinstance(frame, Mapping) else None
    if not isinstance(sections, Mapping):
        yield Item(f'frame {frame_token}', frame_token, BadQuestion("a key frame without 'QA'"))
        return
    for section, pairs in sections.items():
        where, key = f'frame {frame_token}, {section}', f'{frame_token}:{section}'
        if section not in SECTIONS or not isinstance(pairs, list):
            yield Item(where, key, BadQuestion(
                f"a section of 'QA' is no list, or none of {', '.join(SECTIONS)}", section))
            continue
        for index, pair in enumerate(pairs):
            content: Mapping[str, Any] | BadQuestion
            if not isinstance(pair, Mapping):
                content = BadQuestion('not a JSON object', shown(pair))
            elif pair.get('Q') is None:
                content = BadQuestion("'Q' is missing")
            else:
                content = {
                    'sample_token': frame_token, 'scene': scene_token, 'type': section,
                    'question': pair['Q'], 'answer': pair.get('A') or None,
                    'candidates': _candidates(pair['Q'], pair.get('A'))}
            yield Item(f'{where} {index}', f'{key}:{index}', content)


def _candidates(question: Any, answer: Any) -> list[str]:
    options = _OPTIONS.search(question) if isinstance(question, str) else None
    if options:
        return _LETTER.findall(options[1])
    if isinstance(answer, str) and any(same_answer(answer, word) for word in ('yes', 'no')):
        return ['yes', 'no']
    return []
