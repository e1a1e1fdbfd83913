"""Files are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from muxprof.errors import BadInput


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary file beside ``path`` that replaces it when the block ends well, and is removed when it does not.

    Raises :class:`BadInput` where the place cannot be written.
    """
    import tempfile  # it imports a lot, and few commands write a file

    try:
        target = path.resolve(strict=False)
        if target.exists() and not target.is_file():
            raise BadInput(f"{path} is no regular file; name one, or a new one.")
        descriptor, name = tempfile.mkstemp(prefix=f".{target.stem[:32]}-", suffix=target.suffix, dir=target.parent)
        os.close(descriptor)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: links that lead in a circle
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"{path} cannot be written: {getattr(error, 'strerror', None) or error}.") from None
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
        temporary.replace(target)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror or error}.") from None
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
