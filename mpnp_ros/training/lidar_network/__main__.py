# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Train the lidar encoder's network: `python -m mpnp_ros.training.lidar_network --help`."""

from __future__ import annotations

import argparse
from pathlib import Path
import sys
import time

from safetensors.torch import save
import torch

from mpnp_ros import shipped
from mpnp_ros.core.weights import weights_hash
from mpnp_ros.encoders.base import create
from mpnp_ros.encoders.lidar_range_view import LidarRangeView
from mpnp_ros.encoders.range_network import generate_weights, RangeNetwork
from mpnp_ros.encoders.range_statistics import NAMES
from mpnp_ros.evaluation.bags.bag import BagError
from mpnp_ros.suite.configuration import read_configuration
from mpnp_ros.training.error import TrainError
from mpnp_ros.training.lidar_network.detector import Detector, train
from mpnp_ros.training.lidar_network.scores import score, Scores, table
from mpnp_ros.training.lidar_network.sweeps import read_sweeps, Sweeps
from mpnp_ros.training.lidar_network.targets import CLASSES
from mpnp_ros.training.whole_file import write_bytes
from mpnp_ros.world.progress import ProgressLine

_HIDDEN, _RESIDUALS = 32, 2


def main() -> int:
    """Train, score beside what needs no training, and write weights with their card."""
    options = _options()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    lidar = read_configuration(
        options.suite or shipped.configuration('world.yaml')).modalities['lidar']
    encoder = create('lidar_range_view', {**lidar.options, 'weights': ''})
    assert isinstance(encoder, LidarRangeView)
    topic = lidar.topic(next(iter(lidar.views)))
    try:
        learned = read_sweeps(options.data, encoder, topic, ProgressLine('reading'))
        held_out = read_sweeps(options.held_out, encoder, topic, ProgressLine('reading held out'))
        began = time.monotonic()
        network = RangeNetwork(*_shape(encoder), hidden=_HIDDEN, residuals=_RESIDUALS)
        scores = {'trained': _trained(network, encoder, learned, held_out, options.epochs,
                                      options.seed)}
        seconds = time.monotonic() - began
        write_bytes(options.out, save(
            {name: one.detach().contiguous() for name, one in network.named_parameters()}))
        generated = RangeNetwork(*_shape(encoder))
        generate_weights(generated)
        generated.requires_grad_(False)
        for name, one in (('generated', generated), ('statistics alone', None)):
            scores[name] = _trained(one, encoder, learned, held_out, options.epochs,
                                    options.seed)
        card = _card(options, scores, learned, held_out, seconds)
        write_bytes(options.out.with_suffix('.md'), card.encode())
    except (TrainError, BagError) as error:
        print(error, file=sys.stderr)
        return 2
    print(card)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='python -m mpnp_ros.training.lidar_network',
        description="Train the lidar encoder's network on scenes of the simulated world.")
    parser.add_argument('data', type=Path, metavar='DATA',
                        help='a folder of `python -m mpnp_ros.world.generate`')
    parser.add_argument('--held-out', type=Path, required=True, metavar='DATA',
                        help='another, with other seeds, for the scores')
    parser.add_argument('--out', type=Path, required=True, metavar='FILE',
                        help='the weights (safetensors); the card gets the suffix .md')
    parser.add_argument('--suite', type=Path, metavar='FILE',
                        help='parameter file with the lidar (default: config/world.yaml)')
    parser.add_argument('--epochs', type=int, default=8, help='(default: 8)')
    parser.add_argument('--seed', type=int, default=0, help='(default: 0)')
    parser.add_argument('--threads', type=int, default=1, help='(default: 1)')
    return parser.parse_args()


def _shape(encoder: LidarRangeView) -> tuple[int, int, int]:
    return (encoder.width - len(NAMES), int(encoder.options.sectors), int(encoder.options.bands))


def _trained(network: RangeNetwork | None, encoder: LidarRangeView, learned: Sweeps,
             held_out: Sweeps, epochs: int, seed: int) -> Scores:
    """Train a detector and return its scores on what is held out."""
    features, _, bands = _shape(encoder)
    detector = Detector(network, features, bands)
    train(detector, learned, epochs=epochs, seed=seed, progress=ProgressLine('training'))
    return score(detector, held_out)


def _card(options: argparse.Namespace, scores: dict[str, Scores], learned: Sweeps,
          held_out: Sweeps, seconds: float) -> str:
    """Return the card in Markdown."""
    counts = held_out.presence.sum(dim=(0, 1)).int().tolist()
    return '\n'.join([
        f'# Lidar network "{options.out.stem}"', '',
        'Weights of the network of the encoder `lidar_range_view` '
        f'({_HIDDEN} channels, {_RESIDUALS} residual convolutions), sha256',
        f'`{weights_hash(options.out)}`. Licence: Apache-2.0.', '',
        f'Trained on {len(learned)} sweeps of the simulated world, {options.epochs} epochs, seed '
        f'{options.seed}, in {seconds:.0f} s on a CPU (torch {torch.__version__}): which of '
        f'{len(CLASSES)} classes stand in each sector, and how far the nearest of each is. The '
        'head that tells it from the tokens is thrown away. Sweeps are turned by whole sectors '
        'and mirrored at random. One seed; nothing says how it does on a real lidar.', '',
        '    python -m mpnp_ros.training.lidar_network TRAIN --held-out TEST --out FILE '
        f'--epochs {options.epochs} --seed {options.seed}', '',
        f'## Scores on {len(held_out)} held-out sweeps', '',
        'Average precision / F1 at probability 0.5 over sectors, with a head of its own for each: '
        'on the tokens of the trained network, on those of the generated one (no weights), and '
        'on the statistics alone, which both have.', '',
        table(scores, dict(zip(CLASSES, counts))), ''])


if __name__ == '__main__':
    sys.exit(main())
