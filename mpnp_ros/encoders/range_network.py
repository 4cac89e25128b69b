# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""A small convolutional network over range images, with generated weights until it is trained."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import torch
from torch import nn, Tensor
from torch.nn import functional

STRIDE = (2, 8)  # beams and columns of the range image per feature, over both layers
INPUTS = 6  # log range, x, y, z, intensity, mask
_HIDDEN = 24
_SEED = 20250101


class RangeNetwork(nn.Module):
    """Two convolutions, pooled over the cells of sectors and bands.

    Columns wrap around, so no direction has an edge. Each cell keeps mean and maximum of its
    features. A fixed gain and tanh bound them to [-1, 1],
    without statistics over the sweep: equal surroundings give equal features, whatever else is
    in sight.
    """

    def __init__(self, features: int, sectors: int, bands: int) -> None:
        super().__init__()
        self._sectors, self._bands = sectors, bands
        self._maxima = features // 2
        self._means = features - self._maxima
        self.first = nn.Conv2d(INPUTS, _HIDDEN, (3, 5), stride=(2, 4))
        self.second = nn.Conv2d(_HIDDEN, max(self._means, self._maxima), 3, stride=(1, 2))

    def forward(self, image: Tensor) -> Tensor:
        """Map inputs [B, INPUTS, H, W] to features [B, sectors * bands, features]."""
        hidden = functional.gelu(self.first(_pad(image, 1, 2)))  # [B, hidden, H / 2, W / 4]
        maps = self.second(_pad(hidden, 1, 1))  # [B, C, H / 2, W / 8]
        cells = maps.unflatten(3, (self._sectors, -1)).unflatten(2, (self._bands, -1))
        # [B, C, bands, H / 2 / bands, sectors, W / 8 / sectors]
        pooled = torch.cat([
            cells.mean(dim=(3, 5))[:, :self._means],
            cells.amax(dim=(3, 5))[:, :self._maxima],
        ], dim=1)  # [B, features, bands, sectors]
        return torch.tanh(2.0 * pooled).permute(0, 3, 2, 1).flatten(1, 2)


def generate_weights(network: nn.Module) -> None:
    """Fill all parameters with numbers that are the same on every machine.

    Uniform with variance 1 / fan-in, biases 0. Made from raw integers of PCG64, whose stream
    numpy guarantees, and one rounding each: library normals differ between processors in
    the last bit, and connectors are bound to the hash of these weights.
    """
    stream = np.random.PCG64(_SEED)
    with torch.no_grad():
        for _, parameter in sorted(network.named_parameters()):
            if parameter.ndim == 1:
                parameter.zero_()
                continue
            raw = stream.random_raw(parameter.numel()) >> np.uint64(40)  # 24 bits
            uniform = raw.astype(np.float32) * np.float32(2.0**-23) - np.float32(1)  # [-1, 1)
            uniform *= np.float32(math.sqrt(3.0 / parameter[0].numel()))
            parameter.copy_(torch.from_numpy(uniform).reshape(parameter.shape))


def hash_weights(network: nn.Module) -> str:
    """Return the sha256 over names, shapes and little-endian float32 bytes, 64 hex digits."""
    digest = hashlib.sha256()
    for name, parameter in sorted(network.named_parameters()):
        digest.update(f'{name}{tuple(parameter.shape)}'.encode())
        digest.update(parameter.detach().cpu().numpy().astype('<f4').tobytes())
    return digest.hexdigest()


def _pad(maps: Tensor, rows: int, columns: int) -> Tensor:
    around = functional.pad(maps, (columns, columns, 0, 0), mode='circular')
    return functional.pad(around, (0, 0, rows, rows))
