"""What callers of a host by hand may pass: checked, and as the tables want it."""

from tmemlab.errors import TmemlabError, meant
from tmemlab.units import parse_size, signed


def frames_of(size: int | str) -> int:
    """Return a number of pages, or the pages of a size in words."""
    try:
        pages = parse_size(size) if isinstance(size, str) else int(size)
    except ValueError as error:
        raise TmemlabError(f"{size!r}: {error}") from None
    if not 0 <= pages < 1 << 28:
        raise TmemlabError(f"{size!r}: is no number of pages; write 0 or more, or a size such as '8MiB'")
    return pages


def one_of(argument: str, value: str, known: dict[str, int]) -> int:
    """Return what stands for one of the known values."""
    if value not in known:
        raise TmemlabError(f"{argument}: {value!r} is none of them; {meant(str(value), known)}")
    return known[value]


def two_words(uuid: int | tuple[int, int]) -> tuple[int, int]:
    """Return a uuid's two words as Xen keeps them, signed."""
    words = uuid if isinstance(uuid, tuple) else (uuid & (1 << 64) - 1, uuid >> 64)
    if not all(-(1 << 63) <= word < 1 << 64 for word in words):
        raise TmemlabError(f"uuid: {uuid} is longer than 128 bits; write a smaller number, or two of 64 bits")
    return signed(words[0]), signed(words[1])


def check_handle(oid: int, index: int) -> None:
    """Refuse numbers that are too long for a page's name."""
    if not 0 <= oid < 1 << 64:
        raise TmemlabError(f"oid: {oid} is no object id; write a number from 0 to 2**64 - 1")
    if not 0 <= index < 1 << 32:
        raise TmemlabError(f"index: {index} is no index of a page; write a number from 0 to 2**32 - 1")
