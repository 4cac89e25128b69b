# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Read the picture files of data sets: their bytes go into the bag as they are."""

from __future__ import annotations

from dataclasses import dataclass
import io
from pathlib import Path
from typing import Any

from PIL import Image

from mpnp_ros import messages
from mpnp_ros.importing.error import DatasetError, read_bytes

_ENDS = {'JPEG': b'\xff\xd9', 'PNG': b'IEND\xaeB`\x82'}


@dataclass(frozen=True)
class ImageFile:
    """An encoded picture: `format` as CompressedImage names it, and (width, height) in pixels."""

    data: bytes
    format: str
    size: tuple[int, int]


def read_image(path: Path, size: tuple[int, int] | None = None) -> ImageFile:
    """Read a JPEG or PNG; raises DatasetError where the file cannot be read, and as `image_of`."""
    return image_of(read_bytes(path), path, size)


def image_of(data: bytes, place: str | Path, size: tuple[int, int] | None = None) -> ImageFile:
    """Return what the bytes of a JPEG or PNG are.

    Raises DatasetError where they are neither, lack their end, or have another size than the one
    given.
    """
    try:
        with Image.open(io.BytesIO(data)) as picture:   # the header alone
            kind, found = picture.format or '', picture.size
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise DatasetError(place, f'{len(data)} bytes that are no picture') from error
    if kind not in _ENDS:
        raise DatasetError(place, f'a picture in the format {kind}: expected JPEG or PNG')
    if not data.rstrip(b'\0').endswith(_ENDS[kind]):
        raise DatasetError(place, f'truncated: {len(data)} bytes without the end of a {kind}')
    if size is not None and found != size:
        raise DatasetError(
            place, f'{found[0]}x{found[1]} pixels: expected {size[0]}x{size[1]}')
    return ImageFile(data, kind.lower(), found)


def image_message(path: Path, frame_id: str, stamp_ns: int,
                  size: tuple[int, int] | None = None) -> Any:
    """Return a picture file as a message; raises DatasetError as `read_image` does."""
    image = read_image(path, size)
    return messages.compressed_image(image.data, image.format, frame_id, stamp_ns)
