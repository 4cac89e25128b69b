# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Learn connectors while a robot runs: in a process of its own, judged before they are used."""
