# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Tell what weights in fewer bits do to the answers about the shipped drive.

Run in tools/shell: python benchmarks/weights_accuracy.py
`others` counts the answers that differ from those of float32, `scores by` is how far a candidate's
probability is off: the median over all candidates, and the largest. `in bfloat16` multiplies in
bfloat16 as well (`dtype` of the LLM node), the others in float32.
"""

from __future__ import annotations

import argparse
import statistics

from offline_answers import Answers, Drive, together

from mpnp_ros import shipped
from mpnp_ros.core.answerer import Answerer
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.core.llm import LanguageModel
from mpnp_ros.core.quantised import AS_DTYPE, KEPT_AS


IN_BFLOAT16 = 'in bfloat16'


def main() -> None:
    """Answer with each kind of weights and print a line for it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--model', default='smollm2-135m-instruct')
    given = parser.parse_args()
    drive = Drive.read()
    print(f'{len(drive.asked)} questions about {len(drive.moments)} moments\n'
          f'{"weights":<13}{"right":>8}{"others":>8}{"scores by":>20}')
    plain: Answers = []
    for kept_as in (*KEPT_AS, IN_BFLOAT16):
        llm = LanguageModel.load(
            given.model, dtype='bfloat16' if kept_as == IN_BFLOAT16 else 'float32')
        llm.quantise(AS_DTYPE if kept_as == IN_BFLOAT16 else kept_as)
        answers = together(Answerer(llm, Connectors.load(shipped.connectors(), llm)), drive, 16)
        plain = plain or answers
        right = sum(text == expected for (text, _), expected in zip(answers, drive.expected))
        others = sum(one[0] != other[0] for one, other in zip(answers, plain))
        apart = [abs(one - other) for (_, ours), (_, theirs) in zip(answers, plain)
                 for one, other in zip(ours, theirs)]
        print(f'{"float32" if kept_as == AS_DTYPE else kept_as:<13}{right:>8}{others:>8}'
              f'{f"{statistics.median(apart):.0e}, {max(apart):.0e}":>20}', flush=True)


if __name__ == '__main__':
    main()
