# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The options that `mpnp-train` and `mpnp-train plan` share."""

from __future__ import annotations

import argparse
from pathlib import Path

from mpnp_ros.core import weights


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add what training and planning share."""
    parser.add_argument('config', type=Path, metavar='CONFIG', help='the training file (YAML)')
    parser.add_argument('--set', action='append', default=[], metavar='KEY=VALUE', dest='settings',
                        help='a value in place of that of the file, e.g. training.steps=100')
    parser.add_argument('--cache', type=Path, default=None, metavar='FOLDER',
                        help='tokens of frozen encoders, shared by all trainings '
                             '(default: tokens in the cache of mpnp_ros)')


def token_folder(options: argparse.Namespace) -> Path:
    """Return the folder of the tokens."""
    return options.cache or weights.cache_root() / 'tokens'
