"""Damaged files, garbage, and files of every other format: one sentence, or a trace that is whole; nothing is left."""

import contextlib
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.import_cases import EXAMPLES, OTHER_FILES, PACKINGS
from tests.trace_cases import own_cache
from tmemlab.cli import main
from tmemlab.trace import IMPORTERS, load_trace

__all__ = ["own_cache"]

FILES = {**{format: example.data for format, example in EXAMPLES.items()}, **OTHER_FILES}
NO_DIGITS = st.integers(0, 255).filter(lambda byte: not chr(byte).isdigit())  # which could ask for a very long trace
PACKED = st.sampled_from(list(PACKINGS))


def check(format: str, data: bytes) -> int:
    """Import a file on the command line; return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        file, out = Path(folder, "some.lis"), Path(folder, "mine.parquet")
        file.write_bytes(data)
        said, printed = io.StringIO(), io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(printed):
            status = main(["trace", "import", str(file), "--format", format, "-o", str(out)])
        left = {path.name for path in Path(folder).iterdir()}
        if status == 0:
            assert left == {"some.lis", "mine.parquet"}
            assert said.getvalue() == ""
            assert sum(len(rows) for rows, _ in load_trace(out).chunks()) > 0
        else:
            assert status == 2
            assert left == {"some.lis"}
            assert said.getvalue().startswith("tmemlab: ")
            assert said.getvalue().count("\n") == 1
            assert printed.getvalue() == ""
    return status


def test_every_importer_has_an_example() -> None:
    assert FILES.keys() == IMPORTERS.keys()


@pytest.mark.parametrize("format", IMPORTERS)
def test_a_whole_file_is_imported(format: str) -> None:
    assert check(format, FILES[format]) == 0


@pytest.mark.parametrize("format", IMPORTERS)
@settings(max_examples=15, deadline=None)
@given(data=st.data(), packing=PACKED, cut_packed=st.booleans())
def test_a_file_may_be_cut_anywhere(format: str, data: st.DataObject, packing: str, cut_packed: bool) -> None:
    whole = FILES[format]
    if cut_packed:
        packed = PACKINGS[packing](whole)
        check(format, packed[: data.draw(st.integers(0, len(packed)))])
    else:
        check(format, PACKINGS[packing](whole[: data.draw(st.integers(0, len(whole)))]))


@pytest.mark.parametrize("format", IMPORTERS)
@settings(max_examples=15, deadline=None)
@given(data=st.data(), byte=NO_DIGITS, packing=PACKED)
def test_a_byte_may_be_another(format: str, data: st.DataObject, byte: int, packing: str) -> None:
    whole = FILES[format]
    place = data.draw(st.integers(0, len(whole) - 1))
    check(format, PACKINGS[packing](whole[:place] + bytes([byte]) + whole[place + 1 :]))


@pytest.mark.parametrize("format", IMPORTERS)
@settings(max_examples=15, deadline=None)
@given(garbage=st.binary(max_size=200), packing=PACKED)
@example(garbage=b"", packing="")
@example(garbage=b"\0" * 96, packing="")
@example(garbage=b"\xff" * 96, packing="")
@example(garbage=b"\n" * 10, packing=".gz")
@example(garbage=b"\x1f\x8b" + b"\0" * 20, packing="")
@example(garbage=b"\xfd7zXZ\0" + b"\0" * 20, packing="")
@example(garbage=b"\x28\xb5\x2f\xfd" + b"\0" * 20, packing="")
def test_a_file_may_be_anything(format: str, garbage: bytes, packing: str) -> None:
    check(format, PACKINGS[packing](garbage))


@pytest.mark.parametrize("other", FILES)
@pytest.mark.parametrize("format", IMPORTERS)
def test_a_file_of_another_format_is_no_crash(format: str, other: str) -> None:
    status = check(format, FILES[other])
    if other == format:
        assert status == 0
