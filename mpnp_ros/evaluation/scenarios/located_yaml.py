# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""YAML that remembers on which line everything stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml


class YamlError(ValueError):
    """A file that is no YAML, or ambiguous; the text names the file and the line."""


class LocatedYaml:
    """The content of a YAML file, and the line of each part of it."""

    def __init__(self, path: str | Path) -> None:
        """Read a file; raises YamlError."""
        self.path = Path(path)
        try:
            loader = yaml.SafeLoader(self.path.read_bytes())
            self._root = loader.get_single_node()
            self._refuse_doubled_keys(self._root, (), set())
            self.content: Any = loader.construct_document(self._root) if self._root else None
        except OSError as error:
            raise YamlError(f'{self.path}: cannot be read: {error.strerror}') from error
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise YamlError(f'{self.path}, line {line}: not YAML: {error.problem}') from error
        except yaml.YAMLError as error:
            raise YamlError(f'{self.path}: not YAML: {str(error).splitlines()[0]}') from error
        except YamlError:
            raise
        except (ValueError, RecursionError) as error:   # a date of month 13, a thousand brackets
            raise YamlError(f'{self.path}: not usable YAML: {error}') from error

    def line(self, keys: Iterable[str | int]) -> int:
        """Return the line on which what the keys lead to stands, or the last there is of it."""
        node, line = self._root, 1
        for key in keys:
            found = _child(node, key)
            if found is None:
                break
            line, node = found
        return line

    def _refuse_doubled_keys(self, node: Any, above: Sequence[int], seen: set[int]) -> None:
        if id(node) in above:
            raise YamlError(f'{self.path}, line {node.start_mark.line + 1}: refers to itself')
        if id(node) in seen:   # an alias
            return
        seen.add(id(node))
        within = (*above, id(node))
        if isinstance(node, yaml.SequenceNode):
            for value in node.value:
                self._refuse_doubled_keys(value, within, seen)
        if isinstance(node, yaml.MappingNode):
            lines: dict[str, int] = {}
            for key, value in node.value:
                line = key.start_mark.line + 1
                if isinstance(key, yaml.ScalarNode) and key.value in lines and key.value != '<<':
                    raise YamlError(f'{self.path}, line {line}: {key.value!r} stands on line '
                                    f'{lines[key.value]} already')
                lines[str(key.value)] = line
                self._refuse_doubled_keys(value, within, seen)


def _child(node: Any, key: str | int) -> tuple[int, Any] | None:
    """Return line and node below a node, None where there is nothing of that key."""
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
        return node.value[key].start_mark.line + 1, node.value[key]
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == str(key):
                return name.start_mark.line + 1, value
    return None
