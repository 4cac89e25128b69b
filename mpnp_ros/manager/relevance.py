# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Learned relevance: how a question's words and the sensors' state tell which modalities help.

The probability that a question x is answered right from a set A of modalities is

    sigmoid(b(x) + sum over m in A of u_m g_m(x) + sum over pairs m, n in A of u_m u_n h_mn(x))

with the usability u_m of each modality and functions b, g_m, h_mn that are linear in a few
principal components of the question's features. So sets that were never evaluated are judged from
their parts, and a sensor that sees nothing counts as absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open, SafetensorError
from safetensors.numpy import save_file

from mpnp_ros.manager.features import Features, features_from
from mpnp_ros.manager.situation import AskedQuestion

FORMAT = 1
_ARRAYS = ('center', 'components', 'weights')


class RelevanceError(ValueError):
    """A relevance model that cannot be used; the text names the file and the cause."""


@dataclass(frozen=True)
class RelevanceModel:
    """Weights of the formula above.

    :ivar modalities: n names in order.
    :ivar center: [width] mean of the features of the questions learned from.
    :ivar components: [width, K] principal components, scaled.
    :ivar weights: [terms, K + 1], one row per term: b, each g, each h; the constant first.
    :ivar pairs: of modalities that were evaluated together.
    :ivar facts: what it was learned from, ready for JSON.
    """

    features: Features
    modalities: tuple[str, ...]
    center: np.ndarray
    components: np.ndarray
    weights: np.ndarray
    pairs: tuple[tuple[int, int], ...]
    facts: dict[str, Any]

    def inputs(self, questions: Sequence[AskedQuestion]) -> np.ndarray:
        """Return [Q, K + 1]; a question without a vector counts as the average one."""
        reduced = (self.features.vectors(questions) - self.center) @ self.components
        return np.hstack([np.ones((len(questions), 1)), np.nan_to_num(reduced)])

    def probability(self, inputs: np.ndarray, present: np.ndarray) -> np.ndarray:
        """Return [Q, S] from inputs [Q, K + 1] and usabilities [S, n], 0 for what is absent."""
        logits = inputs @ self.weights.T @ terms(present, self.pairs).T
        return np.asarray(0.5 + 0.5 * np.tanh(0.5 * logits))   # a sigmoid that cannot overflow

    def save(self, path: str | Path) -> None:
        """Write the model as safetensors with its manifest in the header."""
        manifest = {
            'format': FORMAT, 'features': self.features.manifest(),
            'modalities': list(self.modalities), 'pairs': self.pairs, 'learned_from': self.facts}
        # safetensors writes the memory of an array as it lies.
        save_file({name: np.ascontiguousarray(getattr(self, name)) for name in _ARRAYS}, path,
                  metadata={'mpnp_relevance': json.dumps(manifest, sort_keys=True)})
        Path(path).chmod(0o644)   # save_file leaves it to its owner alone

    @classmethod
    def load(cls, path: str | Path) -> RelevanceModel:
        """Read a model; raises RelevanceError."""
        try:
            with safe_open(path, framework='np') as file:
                manifest = json.loads((file.metadata() or {})['mpnp_relevance'])
                arrays = {name: file.get_tensor(name) for name in _ARRAYS}
            if manifest['format'] != FORMAT:
                raise ValueError(f'format {manifest["format"]}, expected {FORMAT}')
            model = cls(features_from(manifest['features']), tuple(manifest['modalities']),
                        arrays['center'], arrays['components'], arrays['weights'],
                        tuple((int(a), int(b)) for a, b in manifest['pairs']),
                        manifest['learned_from'])
            model._require_shapes()
        except KeyError as error:
            raise RelevanceError(f'{path}: no relevance model: it lacks {error}') from error
        except (OSError, ValueError, TypeError, SafetensorError) as error:
            raise RelevanceError(f'{path}: no relevance model: {error}') from error
        return model

    def _require_shapes(self) -> None:
        count = len(self.modalities)
        width = self.features.manifest()['width']
        expected = {'center': (width,), 'components': (width, self.components.shape[-1]),
                    'weights': (1 + count + len(self.pairs), self.components.shape[-1] + 1)}
        for name, shape in expected.items():
            found = getattr(self, name).shape
            if found != shape:
                raise ValueError(f'{name} is {list(found)}, expected {list(shape)}')
        if any(not 0 <= one < two < count for one, two in self.pairs):
            raise ValueError(f'pairs {self.pairs} of {count} modalities')


def terms(present: np.ndarray, pairs: Sequence[tuple[int, int]]) -> np.ndarray:
    """Return [S, 1 + n + pairs]: one, the usabilities [S, n], and the products of pairs."""
    products = [present[:, one] * present[:, two] for one, two in pairs]
    return np.column_stack([np.ones(len(present)), present, *products])


def pairs_of(sets: Sequence[frozenset[str]], modalities: Sequence[str]
             ) -> tuple[tuple[int, int], ...]:
    """Return the pairs of modalities that stand together in one of the sets."""
    return tuple((one, two) for one, two in itertools.combinations(range(len(modalities)), 2)
                 if any({modalities[one], modalities[two]} <= used for used in sets))


@dataclass(frozen=True)
class LearnedExpectation:
    """What a model expects of some questions over the modalities on offer.

    :ivar usability: [n] of the modalities on offer.
    :ivar places: [n] of each modality in the model, -1 where the model does not know it.
    """

    model: RelevanceModel
    questions: Sequence[AskedQuestion]
    inputs: np.ndarray
    usability: np.ndarray
    places: np.ndarray

    @classmethod
    def of(cls, model: RelevanceModel, questions: Sequence[AskedQuestion],
           usability: Mapping[str, float]) -> LearnedExpectation:
        """Return it for the modalities on offer and their usability, in order."""
        places = [model.modalities.index(name) if name in model.modalities else -1
                  for name in usability]
        return cls(model, questions, model.inputs(questions),
                   np.array(list(usability.values()), dtype=np.float64), np.array(places, int))

    def accuracy(self, members: np.ndarray) -> np.ndarray:
        """Return [Q, S]; modalities that the model does not know change nothing."""
        present = np.zeros((len(members), len(self.model.modalities)))
        known = self.places >= 0
        present[:, self.places[known]] = (members * self.usability)[:, known]
        return self.model.probability(self.inputs, present)

    def why(self, question: int, _modality: int) -> str:
        """Return the question."""
        return self.questions[question].quoted()
