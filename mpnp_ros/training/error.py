# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The one error that a training stops with when something it was given cannot be used."""


class TrainError(ValueError):
    """A training that cannot start or go on; the text names the file or the value."""
