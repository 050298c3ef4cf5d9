"""What Valgrind's lackey prints under ``--trace-mem=yes``: every instruction that a program fetches, loads and stores.

Source: Valgrind 3.24 lackey/lk_main.c trace_instr, trace_load, trace_store, trace_modify.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tmemlab.trace.format import WRITE
from tmemlab.trace.importers.fields import Fields, between_spaces
from tmemlab.trace.importers.lines import rows_of_lines
from tmemlab.trace.importers.requests import Requests, Rows, requests_of

FLAGS: Final = {b"I": 0, b"L": 0, b"S": WRITE, b"M": WRITE}


def lackey(path: Path) -> Iterator[Rows]:
    """Valgrind lackey's "I, L, S or M address,size": fetches, loads and stores in the program's own memory.

    A modify is one access that writes, and an access that crosses into the next page is one to each. Lines that begin
    otherwise are Valgrind's own messages or what the program printed, and are passed over.
    """
    return rows_of_lines(path, _accesses, "I, L, S or M address,size", split=lackey_fields)


def lackey_fields(text: bytes) -> Fields:
    """Return the fields of the lines that begin as lackey's do: two columns for the letter, then one space."""
    fields = between_spaces(text, also=b",")
    return fields.only(fields.lines_begin([b"I  ", b" L ", b" S ", b" M "]))


def _accesses(fields: Fields) -> Requests:
    fields.good &= fields.counts == 3
    kinds = fields.word(0, FLAGS)
    return requests_of(fields.good, fields.hexadecimal(1), fields.number(2), kinds)
