# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""The sensors of the simulated drive that are no cameras, and what weather and faults do to them.

Nothing here knows MuJoCo: rays are cast through a function that is handed in.
"""
