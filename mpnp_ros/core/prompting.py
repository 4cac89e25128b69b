# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""How questions and answers become tokens: chat template, joiner, end of answer."""

from __future__ import annotations

import functools
import os
from typing import Any

from transformers import PreTrainedTokenizerBase

_MARK = 'Zebra'
# Questions whose prompts end alike behind them, whatever a tokenizer joins.
_VARIED = ('What?', 'Is it so', '7', 'a.')
# Standing questions and their candidates come again: so many are kept, of so many letters at most.
_KEPT, _SHORT = 512, 500


class PromptFormat:
    """Turn questions and answers into token ids the way the LLM was tuned to see them.

    With a chat template, the question is the user's turn and the answer the assistant's; without
    one the text is 'Question: ... Answer: ...'. Special tokens written out in a question or an
    answer are taken for nothing but spaces, so that a question cannot end its own turn.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer
        self._special = [token.content for token in tokenizer.added_tokens_decoder.values()
                         if token.special and token.content.strip()]
        self._has_template = bool(tokenizer.chat_template)
        self._joiner, end = self._answer_frame()
        if end is None:
            raise ValueError(
                'the tokenizer has no end-of-sequence token and its chat template none after an '
                'answer: the end of an answer cannot be told')
        self.end_id: int = end
        # Answers are cut out of a whole turn: some tokenizers split a word by what precedes it.
        self._context = self._render('?', '')
        self._kept_prompt = functools.lru_cache(_KEPT)(self._prompt)
        self._kept_answer = functools.lru_cache(_KEPT)(self._answer)
        # How many tokens of a prompt follow the question, 'Answer:' for example; one at least.
        self.lead = self._count_lead()

    def prompt(self, question: str, system: str = '') -> list[int]:
        """Return the token ids of a prompt; raises ValueError for an empty question."""
        short = len(question) + len(system) <= _SHORT
        return list((self._kept_prompt if short else self._prompt)(question, system))

    def answer(self, text: str) -> list[int]:
        """Return the token ids of an answer that follows a prompt, with the end token."""
        return list((self._kept_answer if len(text) <= _SHORT else self._answer)(text))

    def _prompt(self, question: str, system: str) -> tuple[int, ...]:
        question = self._plain(question)
        if not question.strip():
            raise ValueError('the question is empty')
        return tuple(self._encode(self._render(question, system)))

    def _answer(self, text: str) -> tuple[int, ...]:
        text = self._plain(text).strip()
        if not text:
            raise ValueError('the answer is empty')
        before = self._encode(self._context)
        both = self._encode(self._context + self._joiner + text)
        ids = both[len(before):]
        if both[:len(before)] != before:
            ids = self.tokenizer(self._joiner + text, add_special_tokens=False)['input_ids']
        return (*ids, self.end_id)

    def _render(self, question: str, system: str) -> str:
        if not self._has_template:
            lead = f'{system}\n\n' if system else ''
            return f'{lead}Question: {question}\nAnswer:'
        return self._chat(question, system, [])

    def _chat(self, question: str, system: str, answer: list[dict[str, str]]) -> str:
        user = [{'role': 'user', 'content': question}]
        turns = [{'role': 'system', 'content': system}, *user] if system else user
        options: dict[str, Any] = {'tokenize': False, 'add_generation_prompt': not answer}
        try:
            text = self.tokenizer.apply_chat_template([*turns, *answer], **options)
        except Exception:
            # Templates without a system role raise; the kind of error depends on the template.
            if not system:
                raise
            return self._chat(f'{system}\n\n{question}', '', answer)
        return str(text)

    def _encode(self, text: str) -> list[int]:
        # A chat template writes the special tokens that start a text itself.
        ids = self.tokenizer(text, add_special_tokens=not self._has_template)['input_ids']
        end = self.tokenizer.eos_token_id
        if not self._has_template and len(ids) > 1 and ids[-1] == end:
            ids = ids[:-1]                   # some tokenizers end every text
        return list(ids)

    def _count_lead(self) -> int:
        ends = [self.prompt(question)[::-1] for question in _VARIED]
        return max(1, len(os.path.commonprefix(ends)))

    def _plain(self, text: str) -> str:
        for token in self._special:
            text = text.replace(token, ' ')
        return text

    def _answer_frame(self) -> tuple[str, int | None]:
        """Return what stands between prompt and answer, and the token that ends an answer."""
        end = self.tokenizer.eos_token_id
        if not self._has_template:
            return ' ', end
        opening = self._chat('?', '', [])
        whole = self._chat('?', '', [{'role': 'assistant', 'content': _MARK}])
        joiner, found, tail = whole.removeprefix(opening).partition(_MARK)
        if not found or not whole.startswith(opening):
            return '', end
        ids = self.tokenizer(tail.strip(), add_special_tokens=False)['input_ids']
        special = self.tokenizer.added_tokens_decoder
        if ids and ids[0] in special and special[ids[0]].special:
            end = ids[0]
        return joiner, end
