# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Encoders: sensor messages to latent tokens; one file per kind of sensor."""
