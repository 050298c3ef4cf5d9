"""Spools as the recorder writes them, word by word; the numbers come from its own ``format.h``."""

import re
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

FORMAT_H: Final = (Path(__file__).parent.parent / "recorder" / "format.h").read_text()
C: Final = {
    name: int(number, 0)
    for name, number in [
        *re.findall(r"\b([A-Z_]+) = (\d+)\b", FORMAT_H),
        *re.findall(r"#define ([A-Z_]+) (0?x?[0-9a-f]+)(?:ULL)?\b", FORMAT_H),
    ]
}
PAGE: Final = 4096
EPOCH: Final = 64
SYSTEM_V: Final = 2**63 - 1


class Block(NamedTuple):
    """A block; by default it takes no time and no instruction."""

    kind: str  # its name in format.h
    pid: int
    words: Sequence[int] = ()
    wall: int = 0  # ns
    wall_end: int = 0
    instructions: int = 0
    instructions_end: int = 0
    in_syscalls: int = 0  # ns
    waited: int = 0  # ns


def word(page: int, operation: str, units: int = 0) -> int:
    """Return an access as it stands in a block."""
    return page << C["PAGE_SHIFT_IN_WORD"] | C[operation] << C["OPERATION_SHIFT"] | units


def named(number: int, device: int, inode: int, path: str) -> list[int]:
    """Return the words of NAMED."""
    text = path.encode() + b"\0" * (8 - len(path.encode()) % 8)
    return [number, device, inode, *struct.unpack(f"<{len(text) // 8}Q", text)]


def spool_bytes(blocks: Iterable[Block]) -> bytes:
    """Return a spool."""
    return b"".join(_block_bytes(block) for block in blocks)


def write_spool(path: Path, blocks: Iterable[Block]) -> Path:
    """Write a spool and return its path."""
    path.write_bytes(spool_bytes(blocks))
    return path


def _block_bytes(block: Block) -> bytes:
    first = C["MAGIC"] << 48 | C[block.kind] << 32 | len(block.words)
    header = struct.pack("<8Q", first, block.pid, *block[3:])
    return header + struct.pack(f"<{len(block.words)}Q", *(number % 2**64 for number in block.words))
