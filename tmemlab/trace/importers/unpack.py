"""A file of any length, as it is or packed by gzip, xz or zstd, a block of bytes, lines or records at a time."""

import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tmemlab.errors import TraceError

PACKED: Final = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd", b"\xfd7zXZ\0": "xz"}  # by how such a file begins
BLOCK: Final = 1 << 20  # bytes read at a time
LONGEST: Final = 1 << 12  # bytes of a line


def blocks_of_text(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield a file's whole lines in blocks, each with the number of its first line, counted from 1.

    Every line ends with a newline, the last one of the file too.

    Raises
    ------
    TraceError
        If the file is missing, may not be read, is cut short, or has a line so long that it is no text.
    """
    number, rest = 1, b""
    for block in blocks(path):
        whole, newline, rest = (rest + block).rpartition(b"\n")
        if newline:
            yield number, whole + newline
            number += whole.count(b"\n") + 1
        if len(rest) > LONGEST:
            raise TraceError(
                f"{path}: line {number} is longer than {LONGEST} bytes, so this is no text file; "
                "name the format that the file has"
            )
    if rest:
        yield number, rest + b"\n"


def blocks_of_lines(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the lines of a file in blocks, as `blocks_of_text` does."""
    for number, text in blocks_of_text(path):
        yield number, text[:-1].split(b"\n")


def blocks(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes in blocks, unpacked."""
    with explained(path), _opened(path) as file:
        while True:
            block = file.read(BLOCK)
            if not block:
                return
            yield block


def beginning(path: Path, length: int) -> bytes:
    """Return a file's first bytes, unpacked; fewer if it has fewer."""
    with explained(path), _opened(path) as file:
        return bytes(file.read(length))


def _opened(path: Path) -> Any:
    import pyarrow as pa

    with path.open("rb") as file:
        start = file.read(6)
    packing = next((name for magic, name in PACKED.items() if start.startswith(magic)), None)
    if packing == "xz":
        return lzma.open(path)
    return pa.input_stream(str(path), compression=packing)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what goes wrong in reading into one sentence."""
    try:
        yield
    except FileNotFoundError as error:
        raise TraceError(f"{path}: there is no such file; check the path") from error
    except IsADirectoryError as error:
        raise TraceError(f"{path}: is a folder; name a file in it") from error
    except (OSError, EOFError, lzma.LZMAError) as error:
        reason = str(getattr(error, "strerror", None) or error).split("\n", 1)[0].rstrip(". ")
        raise TraceError(f"{path}: cannot be read ({reason}); copy it again") from error
