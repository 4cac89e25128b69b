# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Train the head of an encoder that finds objects: see `--help`."""

from __future__ import annotations

import argparse
from pathlib import Path
import sys
import time

from safetensors.torch import save
import torch

from mpnp_ros import shipped
from mpnp_ros.core.weights import weights_hash
from mpnp_ros.evaluation.bags.bag import BagError
from mpnp_ros.suite.configuration import ModalityConfiguration, read_configuration
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.object_head.learning import train
from mpnp_ros.training.object_head.scores import score, Scores
from mpnp_ros.training.object_head.sources import Source, source_of
from mpnp_ros.training.whole_file import write_bytes
from mpnp_ros.world.conditions import LIGHTS
from mpnp_ros.world.progress import ProgressLine


def main() -> int:
    """Train, score on held-out scenes, and write weights with their card."""
    options = _options()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    configuration = read_configuration(
        options.suite or shipped.configuration('world.yaml'))
    try:
        given = configuration.modalities.get(options.modality)
        if given is None:
            raise TrainError(f'the suite has no modality {options.modality!r}: expected one of '
                             f'{", ".join(configuration.modalities)}')
        source = source_of(given)
        learned = source.read(options.data, options.times, ProgressLine('reading'))
        held_out = source.read(options.held_out, LIGHTS, ProgressLine('reading held out'))
        began = time.monotonic()
        head = source.network(options.hidden, options.blocks)
        train(head, learned, epochs=options.epochs, batch=options.batch, seed=options.seed,
              reduced=options.bfloat16, turned=source.turned, progress=ProgressLine('training'))
        seconds = time.monotonic() - began
        write_bytes(options.out, save(
            {name: one.detach().contiguous() for name, one in head.state_dict().items()}))
        card = _card(options, source, given, score(head, held_out, source.circular),
                     (len(learned), len(held_out)), seconds)
        write_bytes(options.out.with_suffix('.md'), card.encode())
    except (TrainError, BagError) as error:
        print(error, file=sys.stderr)
        return 2
    print(card)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='python -m mpnp_ros.training.object_head',
        description='Train the head of an encoder that finds objects, on scenes of the simulated '
                    'world.')
    parser.add_argument('modality', help='camera or lidar: the modality of the suite')
    parser.add_argument('data', type=Path, metavar='DATA',
                        help='a folder of `python -m mpnp_ros.world.generate`')
    parser.add_argument('--held-out', type=Path, required=True, metavar='DATA',
                        help='another, with other seeds, for the scores')
    parser.add_argument('--out', type=Path, required=True, metavar='FILE',
                        help='the weights (safetensors); the card gets the suffix .md')
    parser.add_argument('--suite', type=Path, metavar='FILE',
                        help='parameter file (default: config/world.yaml)')
    parser.add_argument('--times', choices=LIGHTS, nargs='+', default=list(LIGHTS),
                        help='learn from these times of day only; the scores are of all '
                             '(default: all)')
    parser.add_argument('--epochs', type=int, default=8, help='(default: 8)')
    parser.add_argument('--batch', type=int, default=24, help='views in a step (default: 24)')
    parser.add_argument('--hidden', type=int, default=64, help='channels (default: 64)')
    parser.add_argument('--blocks', type=int, default=3, help='convolutions (default: 3)')
    parser.add_argument('--seed', type=int, default=0, help='(default: 0)')
    parser.add_argument('--threads', type=int, default=1, help='(default: 1)')
    parser.add_argument('--bfloat16', action='store_true', help='compute in bfloat16')
    return parser.parse_args()


def _card(options: argparse.Namespace, source: Source, given: ModalityConfiguration,
          scores: Scores, views: tuple[int, int], seconds: float) -> str:
    """Return the card in Markdown."""
    times = sorted(set(options.times), key=LIGHTS.index)
    some = len(times) < len(LIGHTS)
    return '\n'.join([
        f'# Head "{options.out.stem}" that finds objects', '',
        f'Weights of the head of the encoder `{given.parameters.encoder}` ({options.hidden} '
        f'channels, {options.blocks} convolutions), sha256', f'`{weights_hash(options.out)}`. '
        'Licence: Apache-2.0.', '',
        f'Trained on {views[0]} {source.views} of the simulated world'
        f'{", only by " + " or ".join(times) if some else ""}, {options.epochs} epochs, '
        f'seed {options.seed}, in {seconds:.0f} s with {options.threads} threads of a CPU (torch '
        f'{torch.__version__}). What is below the head stays as it was. One seed; nothing says '
        'how it does on real sensors.', '',
        f'    python -m mpnp_ros.training.object_head {options.modality} TRAIN --held-out TEST '
        f'--out FILE --epochs {options.epochs} --batch {options.batch} --hidden '
        f'{options.hidden} --blocks {options.blocks} --seed {options.seed}'
        f'{" --bfloat16" if options.bfloat16 else ""}'
        f'{" --times " + " ".join(times) if some else ""}', '',
        f'## Scores on {views[1]} held-out {source.views}', '', scores.table(), ''])


if __name__ == '__main__':
    sys.exit(main())
