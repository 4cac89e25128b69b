# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Modality plug and play: sensors as latent tokens in the last blocks of an LLM, on ROS 2."""

from pkgutil import extend_path

# The interfaces are generated into the installed package. Where the source tree comes first on
# the path, as it does in the repository's root, msg, srv and action are still found.
__path__ = extend_path(__path__, __name__)
__version__ = '0.1.0'
