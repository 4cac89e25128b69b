# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Which moment of a bag is which sample of its data set: the file `samples.json`.

The importer writes it: {"<sample token>": <stamp in ns>}. It lies in the bag's folder or beside
it.
"""

from __future__ import annotations

import json
from pathlib import Path

from mpnp_ros.evaluation.problem import Problems

SAMPLES = 'samples.json'


def read_sample_stamps(bag: str | Path, problems: Problems) -> dict[str, int] | None:
    """Return the stamp of each sample of a bag, ns, by its token; None where nothing says.

    :param bag: the folder of the bag, or its file.
    """
    bag = Path(bag)
    path = next((folder / SAMPLES for folder in (bag, bag.parent)
                 if (folder / SAMPLES).is_file()), None)
    if path is None:
        return None
    try:
        stamps = json.loads(path.read_text(encoding='utf-8'))
    except OSError as error:
        problems.add(f'{SAMPLES} cannot be read: {error.strerror}', str(path))
        return None
    except ValueError as error:
        problems.add(f'{SAMPLES} is not JSON: {error}', str(path))
        return None
    if not isinstance(stamps, dict) or not all(type(stamp) is int for stamp in stamps.values()):
        problems.add(f'{SAMPLES} is not what it should be: expected stamps in ns by sample token',
                     str(path))
        return None
    return stamps
