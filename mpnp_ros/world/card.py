# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The card of the connectors that come with the package: what they are and how good."""

from __future__ import annotations

from typing import Any

from mpnp_ros.world import demo_plan

_HEAD = """# Connectors of the demo

`camera.safetensors` and `lidar.safetensors` connect the encoders of `config/demo.yaml` (their
default options) to the last {connected_blocks} blocks of `{llm}`, which stays frozen. The
manifests in the files name both by id and hash.

Trained on {scenes} simulated street scenes ({questions} questions), {steps} steps of {batch};
each sensor was left out of {drop:.0%} of the questions, and without the sensor that a question
needs the answer taught was `{unknown_answer}`. Trained in {train} s on {machine}. One seed.

They know the questions of `mpnp_ros/world/questions.py`, one simulated street and its objects.
They are there for the demo and the tests; nothing says that they work on real sensors.

`python -m mpnp_ros.world.demo --train` makes them again.
"""
_TABLE = """
## {title}

{count} questions about {scenes} {what}. Accuracy with its 95 % bootstrap interval over
{what}; an answer is right if the true one scores highest among all candidates, `unknown`
included. In brackets the share of `unknown`. "Question only" is the most frequent answer to each
question; "shuffled" has both sensors of another {one}.

| type | n | question only | both | camera only | lidar only | none | shuffled |
|---|---|---|---|---|---|---|---|
"""


def card(scores: dict[str, Any]) -> str:
    """Return the card in Markdown for what scores.json holds."""
    training = scores['training']
    text = _HEAD.format(**{**training, **training['seconds'], 'llm': demo_plan.LLM})
    text += _table(scores, 'Held-out scenes', 'scenes', 'scene')
    if 'drive' in scores:
        text += _table(scores['drive'], 'The demo drive', 'moments', 'moment')
    return text


def _table(scores: dict[str, Any], title: str, what: str, one: str) -> str:
    text = _TABLE.format(
        title=title, count=scores['questions'], scenes=scores['scenes'], what=what, one=one)
    conditions = scores['conditions']
    for kind, both in conditions['both'].items():
        cells = [kind, str(both['n']), f'{scores["question_only"][kind]:.3f}']
        for name in ('both', 'camera', 'lidar', 'none', 'shuffled'):
            given = conditions[name][kind]
            cells.append(f'{given["accuracy"]:.3f} [{given["low"]:.3f}, {given["high"]:.3f}] '
                         f'({given["unknown"]:.2f})')
        text += f'| {" | ".join(cells)} |\n'
    return text
