# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which topics are meant: names and regular expressions, as a parameter lists them."""

from __future__ import annotations

from collections.abc import Iterable
import re


class TopicFilter:
    """Choose topics: those that one of `include` matches as a whole and none of `exclude`.

    Every topic name is a regular expression that matches itself alone. What does not begin with
    '/' is relative to `namespace`, as everywhere in ROS. Empty entries count for nothing, since
    a ROS parameter file cannot give an empty list.
    """

    def __init__(self, include: Iterable[str], exclude: Iterable[str] = (),
                 namespace: str = '/') -> None:
        self._namespace = namespace.rstrip('/')
        self._include = {text: self._compile('topics', text) for text in include if text}
        self._exclude = [self._compile('exclude', text) for text in exclude if text]

    @property
    def patterns(self) -> list[str]:
        """Return what is included, as it was given."""
        return list(self._include)

    def __contains__(self, topic: str) -> bool:
        return (any(one.fullmatch(topic) for one in self._include.values())
                and not any(one.fullmatch(topic) for one in self._exclude))

    def unmatched(self, topics: Iterable[str]) -> list[str]:
        """Return the included patterns that match none of these topics."""
        names = list(topics)
        return [text for text, one in self._include.items()
                if not any(one.fullmatch(name) for name in names)]

    def _compile(self, parameter: str, text: str) -> re.Pattern[str]:
        try:
            re.compile(text)
        except re.error as error:
            raise ValueError(f'parameter {parameter!r}: {text!r} is neither the name of a topic '
                             f'nor a regular expression: {error}') from error
        # A group keeps the namespace in front of every alternative of 'a|b'.
        return re.compile(text if text.startswith('/') else f'{self._namespace}/(?:{text})')


def parse_remaps(given: Iterable[str]) -> dict[str, str]:
    """Return the topics to rename, from entries 'from:=to'; raises ValueError naming a bad one."""
    remaps: dict[str, str] = {}
    for text in given:
        if not text:
            continue
        source, separator, target = text.partition(':=')
        if not separator or not source or not target:
            raise ValueError(f"parameter 'remap': expected '/from:=/to', got {text!r}")
        source = source if source.startswith('/') else f'/{source}'
        if source in remaps:
            raise ValueError(f"parameter 'remap': {source} is renamed twice")
        remaps[source] = target
    return remaps
