"""Files that outlast a power cut: each is there whole, as it was or as it is to be, and never a part of it.

A file is written under another name, made durable, and only then given its own name; the name is durable once its
folder is. A file that was merely written may be empty after a power cut, under its right name.
"""

from __future__ import annotations

import itertools
import os
from pathlib import Path

DRAFT = ".part"
"""Ends the name of a file that is not whole yet; one that a power cut left is nobody's."""
_serial = itertools.count(1)


def put_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Put a whole file in place, also of another; it is durable on return. Makes the folder if need be.

    :raises OSError: the disk refuses; then nothing has changed.
    """
    draft = _drafted(path, data, mode)
    try:
        draft.rename(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync(path.parent)


def put_first_file(path: Path, data: bytes, mode: int = 0o600) -> None:
    """As `put_file`, but a file that is there already stays: of two processes that begin together one's is taken.

    :raises OSError: the disk refuses.
    """
    link_first(_drafted(path, data, mode), path)


def link_first(draft: Path, path: Path) -> None:
    """Give a durable draft its name, unless a file bears it already, and remove the draft."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    sync(path.parent)


def make_folder(folder: Path) -> None:
    """Make a folder with those above it; each is durable on return."""
    if folder.is_dir():
        return
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for each in missing:
        sync(each.parent)


def sync(path: Path) -> None:
    """Make a file's content, or the names in a folder, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _drafted(path: Path, data: bytes, mode: int) -> Path:
    """A durable file beside `path` with what it is to hold."""
    draft, descriptor = _begun(path)
    try:
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    return draft


def _begun(path: Path) -> tuple[Path, int]:
    """An empty file beside `path` that nobody else has, and its descriptor; the folder is made where there is none."""
    while True:
        draft = path.with_name(f".{path.name}.{os.getpid()}-{next(_serial)}{DRAFT}")
        try:
            return draft, os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            make_folder(path.parent)
        except FileExistsError:
            continue  # left by a power cut, of a process that had this number
