"""A text file of any length, as it is or packed by gzip or zstd, some thousand lines at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tmemlab.errors import TraceError

PACKED: Final = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}  # by how such a file begins
BLOCK: Final = 1 << 20  # bytes read at a time
LONGEST: Final = 1 << 12  # bytes of a line


def blocks_of_lines(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Yield the lines of a file in blocks, each with the number of its first line, counted from 1.

    Raises
    ------
    TraceError
        If the file is missing, may not be read, is cut short, or has a line so long that it is no text.
    """
    number, rest = 1, b""
    for block in _blocks(path):
        *lines, rest = (rest + block).split(b"\n")
        yield number, lines
        number += len(lines)
        if len(rest) > LONGEST:
            raise TraceError(
                f"{path}: line {number} is longer than {LONGEST} bytes, so this is no text file; "
                "name the format that the file has"
            )
    yield number, [rest]


def _blocks(path: Path) -> Iterator[bytes]:
    with explained(path), _opened(path) as file:
        while True:
            block = file.read(BLOCK)
            if not block:
                return
            yield block


def _opened(path: Path) -> Any:
    import pyarrow as pa

    with path.open("rb") as file:
        start = file.read(4)
    packing = next((name for magic, name in PACKED.items() if start.startswith(magic)), None)
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
    except OSError as error:
        reason = str(error.strerror or error).split("\n", 1)[0].rstrip(". ")
        raise TraceError(f"{path}: cannot be read ({reason}); copy it again") from error
