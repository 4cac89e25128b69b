# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Find pretrained weights in the user's cache, and put them there.

`locate` never touches the network; `fetch` (and the command `mpnp-weights fetch`) does. The cache
is `$MPNP_CACHE`, else `$XDG_CACHE_HOME/mpnp_ros`, else `~/.cache/mpnp_ros`. A catalogue of one's
own, in the format of `mpnp_ros/data/weights.yaml`, is added with `$MPNP_WEIGHTS_CATALOGUE`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
import fcntl
import hashlib
import json
import os
from pathlib import Path
import re
import shutil
from typing import Any

from mpnp_ros.core.weights_catalogue import BUILT_IN, Entry, read_catalogue
from mpnp_ros.core.weights_convert import conversion
from mpnp_ros.core.weights_source import (
    collect,
    DownloadFailed,
    sha256_of,
    WeightsError,
    WeightsMismatch,
)

__all__ = ['cache_root', 'DownloadFailed', 'fetch', 'locate', 'Progress', 'Weights',
           'weights_hash', 'WeightsError', 'WeightsMismatch', 'WeightsMissing']

MANIFEST = 'weights.json'

_HUGGING_FACE_ID = re.compile(r'[\w.-]+/[\w.-]+')
_OTHER_FRAMEWORKS = ['*.h5', '*.msgpack', '*.onnx', '*.onnx_data', '*.ot', '*.tflite', '*.mlmodel',
                     'onnx/*', 'openvino/*', 'coreml/*']
_WEIGHT_FILES = ('*.safetensors', '*.gguf', '*.bin', '*.pth')


class WeightsMissing(WeightsError):
    """Weights that are not on this machine; the text names the command that brings them."""


@dataclass(frozen=True)
class Progress:
    """How far a fetch is: stage is waiting, downloading, converting or done; bytes may be 0."""

    name: str
    stage: str
    done_bytes: int = 0
    total_bytes: int = 0


def locate(name: str | os.PathLike[str]) -> Path:
    """Return where weights are on this machine, without touching the network.

    :param name: a name of the catalogue, a path, or a Hugging Face id.
    :returns: a folder as `from_pretrained` takes it, or the file that a path names.
    :raises WeightsMissing: they are not here; the text names the command that fetches them.
    :raises WeightsMismatch: the files in the cache are not those of the catalogue.
    """
    return Weights.of_user().locate(name)


def fetch(name: str, progress: Callable[[Progress], None] | None = None) -> Path:
    """Bring weights into the cache, downloading and converting them where needed.

    :param name: a name of the catalogue, or a Hugging Face id (goes to Hugging Face's own cache).
    :param progress: called from this thread while it runs.
    :returns: what `locate` returns afterwards.
    :raises DownloadFailed: no network, or the source does not hold what the catalogue says.
    :raises WeightsMismatch: a file has another sha256 than the catalogue pins; it was removed.
    """
    return Weights.of_user().fetch(name, progress)


def weights_hash(path: str | os.PathLike[str]) -> str:
    """Return the sha256 (64 hex digits) of the weights in a folder, or of a weights file.

    In a folder it is taken over its safetensors files (else GGUF, else .bin, else .pth files) in
    the order of their names. A result is kept in the cache until the size or time of a file
    changes.

    :raises WeightsMissing: there is no weights file.
    """
    return Weights.of_user().hash(Path(path))


def cache_root() -> Path:
    """Return the folder of mpnp_ros in the user's cache; it need not exist."""
    if root := os.environ.get('MPNP_CACHE'):
        return Path(root).expanduser()
    if root := os.environ.get('XDG_CACHE_HOME'):
        return Path(root).expanduser() / 'mpnp_ros'
    return Path.home() / '.cache' / 'mpnp_ros'


class Weights:
    """A catalogue of weights and the cache folder that holds the fetched ones."""

    def __init__(self, catalogue: Mapping[str, Entry], root: Path) -> None:
        self.catalogue = dict(catalogue)
        self.root = root

    @classmethod
    def of_user(cls) -> Weights:
        """Return the built-in catalogue, with the user's own added, over the user's cache."""
        catalogue = read_catalogue(BUILT_IN)
        if extra := os.environ.get('MPNP_WEIGHTS_CATALOGUE'):
            catalogue.update(read_catalogue(Path(extra).expanduser()))
        return cls(catalogue, cache_root() / 'weights')

    def locate(self, name: str | os.PathLike[str]) -> Path:
        """Return where weights are; see the function of this name."""
        text = os.fspath(name)
        if text in self.catalogue:
            return self._located(self.catalogue[text])
        path = Path(text).expanduser()
        if path.exists():
            return path
        if _is_hugging_face_id(text):
            return _hugging_face(text, local_files_only=True)
        raise WeightsMissing(
            f'weights {text!r}: no such path, and not a name of the catalogue '
            f'({", ".join(self.catalogue)}) or a Hugging Face id (owner/name)')

    def fetch(self, name: str, progress: Callable[[Progress], None] | None = None) -> Path:
        """Bring weights into the cache; see the function of this name."""
        report = progress or _silent
        if name not in self.catalogue:
            if _is_hugging_face_id(name) and not Path(name).exists():
                report(Progress(name, 'downloading'))
                path = _hugging_face(name, local_files_only=False)
            else:
                path = self.locate(name)
            report(Progress(name, 'done'))
            return path
        entry = self.catalogue[name]
        with self._locked(name, report):
            if not self._is_sound(entry):
                self._bring(entry, report)
        report(Progress(name, 'done'))
        return self.root / name

    def verify(self, name: str) -> None:
        """Read every file of fetched weights and compare it with its recorded sha256.

        :raises WeightsMissing: they are not in the cache.
        :raises WeightsMismatch: a file differs or is gone; the text names it.
        """
        entry = self._entry(name)
        self._check(entry, trust_stamps=False)

    def hash(self, path: Path) -> str:
        """Return the sha256 of the weights at a path; see the function `weights_hash`."""
        files = _weight_files(path)
        stamps = [_stamp(file) for file in files]
        known = self.root / 'hashes' / (hashlib.sha256(str(path.resolve()).encode()).hexdigest())
        try:
            record = json.loads(known.read_text())
            if record['files'] == stamps:
                return str(record['sha256'])
        except (OSError, ValueError, KeyError, TypeError):
            pass
        digest = sha256_of(files[0]) if len(files) == 1 else _sha256_of_all(files)
        try:
            known.parent.mkdir(parents=True, exist_ok=True)
            _write(known, {'files': stamps, 'sha256': digest})
        except OSError:
            pass  # a read-only cache only costs the time of hashing again
        return digest

    def _entry(self, name: str) -> Entry:
        if name not in self.catalogue:
            raise WeightsMissing(f'weights {name!r}: not in the catalogue '
                                 f'({", ".join(self.catalogue)})')
        return self.catalogue[name]

    def _located(self, entry: Entry) -> Path:
        self._check(entry, trust_stamps=True)
        return self.root / entry.name

    def _is_sound(self, entry: Entry) -> bool:
        try:
            self._check(entry, trust_stamps=True)
        except (WeightsMissing, WeightsMismatch):
            return False
        return True

    def _check(self, entry: Entry, trust_stamps: bool) -> None:
        folder = self.root / entry.name
        again = f'fetch it again with `mpnp-weights fetch {entry.name}`'
        try:
            manifest = json.loads((folder / MANIFEST).read_text())
            files = dict(manifest['files'])
            origin = manifest['origin']
        except FileNotFoundError as error:
            raise WeightsMissing(
                f'weights {entry.name!r} are not in {self.root}; fetch them with '
                f'`mpnp-weights fetch {entry.name}`') from error
        except (ValueError, KeyError, TypeError) as error:
            raise WeightsMismatch(f'{folder / MANIFEST} is damaged; {again}') from error
        if origin != _origin(entry):
            raise WeightsMismatch(
                f'{folder} was fetched from {origin}, the catalogue says {_origin(entry)}; '
                f'{again}')
        for name, recorded in files.items():
            path = folder / name
            if not path.is_file():
                raise WeightsMismatch(f'{path} is gone; {again}')
            if trust_stamps and recorded['stamp'] == _stamp(path):
                continue
            actual = sha256_of(path)
            if actual != recorded['sha256']:
                raise WeightsMismatch(f'{path} has sha256 {actual}, recorded was '
                                      f'{recorded["sha256"]}; {again}')

    def _bring(self, entry: Entry, report: Callable[[Progress], None]) -> None:
        """Download into a staging folder, convert there, and rename the result into place."""
        staging = self.root / '.staging' / entry.name
        files_folder, result, replaced = (
            staging / part for part in ('files', 'result', 'replaced'))
        files_folder.mkdir(parents=True, exist_ok=True)
        for left_over in (result, replaced):
            shutil.rmtree(left_over, ignore_errors=True)
        result.mkdir()
        report(Progress(entry.name, 'downloading', 0, entry.source.download_bytes))
        files = collect(entry.source, files_folder, lambda done, total: report(
            Progress(entry.name, 'downloading', done, total)))
        if entry.convert:
            report(Progress(entry.name, 'converting'))
            conversion(entry.convert)(files, result)
            _check_converted(entry, result / 'model.safetensors')
        else:
            for file in files:
                target = result / file.relative_to(files_folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(file, target)
        _write(result / MANIFEST, {
            'name': entry.name, 'origin': _origin(entry), 'licence': entry.licence,
            'licence_stated': entry.licence_stated, 'files': {
                str(path.relative_to(result)): {'sha256': sha256_of(path), 'stamp': _stamp(path)}
                for path in sorted(result.rglob('*')) if path.is_file()}})
        final = self.root / entry.name
        if final.exists():
            final.rename(replaced)
        result.rename(final)
        shutil.rmtree(staging)

    @contextmanager
    def _locked(self, name: str, report: Callable[[Progress], None]) -> Iterator[None]:
        """Let one fetch of a name run at a time, over all processes of this machine."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / f'.{name}.lock').open('w') as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                report(Progress(name, 'waiting'))
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _silent(progress: Progress) -> None:
    """Report nothing."""


def _origin(entry: Entry) -> str:
    """Name all that decides what the cached files must be, in one line."""
    pins = ' '.join(member.sha256 or member.path for member in entry.source.members)
    steps = [str(entry.source), pins, entry.convert, entry.converted_sha256]
    return ', '.join(step for step in steps if step)


def _check_converted(entry: Entry, path: Path) -> None:
    actual = sha256_of(path)
    if entry.converted_sha256 and actual != entry.converted_sha256:
        path.unlink()
        raise WeightsMismatch(
            f'{entry.name}: {entry.convert} gave a model.safetensors with sha256 {actual}, the '
            f'catalogue expects {entry.converted_sha256}; the file was removed')


def _weight_files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    for pattern in _WEIGHT_FILES:
        if files := sorted(path.glob(pattern)):
            return files
    raise WeightsMissing(f'{path}: expected a weights file ({", ".join(_WEIGHT_FILES)}) there')


def _sha256_of_all(files: list[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(bytes.fromhex(sha256_of(file)))
    return digest.hexdigest()


def _stamp(path: Path) -> list[Any]:
    status = path.stat()
    return [path.name, status.st_size, status.st_mtime_ns]


def _write(path: Path, content: Mapping[str, Any]) -> None:
    partial = path.with_name(f'{path.name}.{os.getpid()}.part')
    partial.write_text(json.dumps(content, indent=2) + '\n')
    partial.replace(path)


def _is_hugging_face_id(name: str) -> bool:
    return _HUGGING_FACE_ID.fullmatch(name) is not None and not name.startswith('.')


def _hugging_face(name: str, local_files_only: bool) -> Path:
    """Return a snapshot in Hugging Face's own cache; its HF_HUB_OFFLINE is respected."""
    from huggingface_hub import snapshot_download
    try:
        return Path(snapshot_download(
            name, local_files_only=local_files_only, ignore_patterns=_OTHER_FRAMEWORKS))
    except Exception as error:  # its errors share no base class
        if local_files_only:
            raise WeightsMissing(
                f'Hugging Face model {name!r} is not in the local cache; fetch it with '
                f'`mpnp-weights fetch {name}`') from error
        raise DownloadFailed(f'Hugging Face model {name!r} cannot be fetched: '
                             f'{str(error).strip().splitlines()[0]}') from error
