# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Rules in YAML: which modalities a question needs, by the words that occur in it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
import re
from typing import Any

from mpnp_ros.evaluation.scenarios.located_yaml import LocatedYaml, YamlError

VERSION = 1
_MOST_KNOWN = 256   # questions whose rules are remembered
LEVELS = {'needed': 1.0, 'helpful': 0.5, 'useless': 0.0}
_FILE_KEYS = ('version', 'rules', 'otherwise')
_RULE_KEYS = ('words', 'pattern', 'override', 'modalities')

Keys = tuple[str | int, ...]


class RulesError(ValueError):
    """A file of rules that cannot be used; the text names the file, the line and the cause."""


@dataclass(frozen=True)
class Rule:
    """What one aspect of a question needs.

    :ivar pattern: where it matches, the question has this aspect; None: every question has.
    :ivar weights: by name or pattern of names, how well such modalities tell it, 0 to 1.
    :ivar override: it also counts where relevance is learned.
    """

    name: str
    pattern: re.Pattern[str] | None
    weights: Mapping[str, float]
    override: bool = False

    def entry_of(self, modality: str) -> str | None:
        """Return the name or pattern that speaks of a modality: its own name before a pattern."""
        if modality in self.weights:
            return modality
        return next((name for name in self.weights if fnmatchcase(modality, name)), None)


@dataclass(frozen=True)
class Rules:
    """The rules of a file; `otherwise` counts where none of them does."""

    rules: tuple[Rule, ...]
    otherwise: Rule
    _known: OrderedDict[str, tuple[Rule, ...]] = field(
        default_factory=OrderedDict, compare=False, repr=False)

    def of(self, question: str) -> tuple[Rule, ...]:
        """Return the rules that a question calls for, at least one."""
        return self.named_in(question) or (self.otherwise,)

    def overriding(self, question: str) -> tuple[Rule, ...]:
        """Return those of them that count where relevance is learned."""
        return tuple(rule for rule in self.named_in(question) if rule.override)

    def named_in(self, question: str) -> tuple[Rule, ...]:
        """Return the rules whose pattern occurs in a question."""
        if question not in self._known:
            self._known[question] = tuple(
                rule for rule in self.rules
                if rule.pattern is not None and rule.pattern.search(question))
            if len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return self._known[question]


def read_rules(path: str | Path) -> Rules:
    """Read a file of rules; raises RulesError."""
    try:
        return _Reader(LocatedYaml(path)).rules()
    except YamlError as error:
        raise RulesError(str(error)) from error


class _Reader:
    """Check the content of a file part by part."""

    def __init__(self, yaml: LocatedYaml) -> None:
        self._yaml = yaml

    def rules(self) -> Rules:
        content = self._mapping(self._yaml.content, ())
        self._require_keys(content, _FILE_KEYS, ())
        if content.get('version') != VERSION:
            raise self._error(('version',), f'version is {content.get("version")!r}, expected '
                              f'{VERSION}')
        given = self._mapping(content.get('rules', {}), ('rules',))
        otherwise = Rule('otherwise', None, self._weights(
            content.get('otherwise', {'*': 'helpful'}), ('otherwise',)))
        return Rules(tuple(self._rule(str(name), given[name]) for name in given), otherwise)

    def _rule(self, name: str, given: Any) -> Rule:
        where: Keys = ('rules', name)
        fields = self._mapping(given, where)
        self._require_keys(fields, _RULE_KEYS, where)
        override = fields.get('override', False)
        if not isinstance(override, bool):
            raise self._error((*where, 'override'), f'override is {override!r}, expected true '
                              'or false')
        if 'modalities' not in fields:
            raise self._error(where, f'rule {name!r} names no modalities')
        return Rule(name, self._pattern(name, fields, where),
                    self._weights(fields['modalities'], (*where, 'modalities')), override)

    def _pattern(self, name: str, fields: Mapping[str, Any], where: Keys) -> re.Pattern[str]:
        words, pattern = fields.get('words', []), fields.get('pattern', '')
        if not isinstance(words, list) or not all(
                isinstance(word, str) and word.strip() for word in words):
            raise self._error((*where, 'words'), f'words are {words!r}, expected a list of words')
        if not isinstance(pattern, str):
            raise self._error((*where, 'pattern'), f'pattern is {pattern!r}, expected a text')
        if not words and not pattern:
            raise self._error(where, f'rule {name!r} has neither words nor a pattern')
        parts = [rf'(?<!\w)(?:{"|".join(map(re.escape, words))})(?!\w)'] if words else []
        try:
            return re.compile('|'.join([*parts, *([f'(?:{pattern})'] if pattern else [])]),
                              re.IGNORECASE)
        except re.error as error:
            raise self._error((*where, 'pattern'), f'pattern {pattern!r}: {error}') from error

    def _weights(self, given: Any, where: Keys) -> dict[str, float]:
        weights = {}
        for name, level in self._mapping(given, where).items():
            weight = LEVELS.get(level) if isinstance(level, str) else level
            if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not (
                    0.0 <= weight <= 1.0):
                raise self._error((*where, str(name)), f'{name!r} is {level!r}, expected '
                                  f'{", ".join(LEVELS)} or a number from 0 to 1')
            weights[str(name)] = float(weight)
        return weights

    def _mapping(self, given: Any, where: Keys) -> Mapping[str, Any]:
        if not isinstance(given, dict):
            what = f'{where[-1]!r} is' if where else 'the file holds'
            raise self._error(where, f'{what} {given!r}, expected names with values')
        return given

    def _require_keys(self, given: Mapping[str, Any], known: tuple[str, ...], where: Keys
                      ) -> None:
        for key in given:
            if key not in known:
                raise self._error((*where, str(key)), f'unknown key {key!r}, expected '
                                  f'{", ".join(known)}')

    def _error(self, where: Keys, what: str) -> RulesError:
        return RulesError(f'{self._yaml.path}, line {self._yaml.line(where)}: {what}')
