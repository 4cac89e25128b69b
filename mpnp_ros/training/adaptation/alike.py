# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which connector a new one can begin like: one whose encoder's tokens mean the same."""

from __future__ import annotations

from mpnp_ros.core.connector import Connector, ConnectorConfig
from mpnp_ros.core.connectors import Connectors
from mpnp_ros.encoders.base import Encoder, encoder_class


def alike(known: Connectors, wanted: ConnectorConfig) -> tuple[Connector, int] | None:
    """Return a connector to begin like, and how many values of its tokens mean the same.

    The one of the modality itself comes first: the same sensor, moved or changed. None where no
    encoder has the same weights and differs in options only, or shares its layout
    (`Encoder.layout`), or where its connector has other blocks or another width.
    """
    own = _kind(wanted)
    if own is None or wanted.faithful:
        return None
    names = sorted(known.modalities, key=lambda name: name != wanted.modality)
    for connector in (known[name] for name in names):
        config = connector.config
        other = _kind(config)
        if other is None or config.faithful or (config.places, config.hidden) != (
                wanted.places, wanted.hidden):
            continue
        if other is own and config.encoder_weights_hash == wanted.encoder_weights_hash:
            return connector, config.width
        if other.layout and other.layout == own.layout:
            return connector, own.layout_width
    return None


def _kind(config: ConnectorConfig) -> type[Encoder] | None:
    try:
        return encoder_class(config.encoder_id.split('/')[0])
    except ValueError:     # of a package that is not here
        return None
