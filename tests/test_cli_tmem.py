"""``tmemlab tmem``: any value that is not Xen's is told, and what a run prints has Xen's shape and the run's numbers.

Beside tests/test_tmem_commands.py, which tries each command once.
"""

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fake_runs import fake_run
from tests.test_cli import mistake
from tests.test_scenario_tmem import PAIR, READERS
from tests.test_xen_replay import GOLDEN, edited
from tmemlab.cli import DONE, main
from tmemlab.cli_tmem import DISAGREES
from tmemlab.columns import HOST
from tmemlab.comparison import Comparison
from tmemlab.run import Run
from tmemlab.scenario import load_scenario
from tmemlab.simulate import simulate
from tmemlab.xen.listing import letters_of

BY_NAME = {f"{path.parent.name}/{path.name.removesuffix('.csv.gz')}": path for path in GOLDEN}
LRU = BY_NAME["xen-4.7/eph_private_lru"]
OF_OBJECTS = r",(Oc|Om|Nc|Nm)\b"  # counters that a run leaves out where it keeps no objects
PAGE_KIB = 4

Printed = Callable[..., list[str]]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Printed:
    """Return a function that runs ``tmemlab tmem`` and returns the lines on standard output."""

    def printed_(*arguments: object, status: int = DONE) -> list[str]:
        assert main(["tmem", *map(str, arguments)]) == status
        said = capsys.readouterr()
        progress = said.err.splitlines()
        assert progress[-1:] == (["tmemlab: replaying"] if arguments[0] == "replay" else [])
        return said.out.splitlines()

    return printed_


def with_ending(path: Path, folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """Return a copy of a vector whose last line is changed."""
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    final = json.loads(lines[-1].removeprefix("#FINAL "))
    change(final)
    lines[-1] = f"#FINAL {json.dumps(final)}"
    copy = folder / "ending.csv.gz"
    copy.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
    return copy


def ending_of(path: Path) -> dict[str, Any]:
    """Return what a vector's last line says."""
    last = gzip.decompress(path.read_bytes()).decode().splitlines()[-1]
    return json.loads(last.removeprefix("#FINAL "))  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["xen-4.3/pools_lifecycle", "xen-4.7/shared_auth", "xen-4.7/dedup_tze"])
def test_a_vector_of_either_version_agrees_in_one_line(name: str, printed: Printed) -> None:
    folder, vector = name.split("/")
    (line,) = printed("replay", BY_NAME[name])
    release = folder.removeprefix("xen-")
    counts = r"([0-9,]+) of \1 ops agree; [0-9,]+ values compared, none of them different"
    assert re.fullmatch(rf"{vector} \(Xen {re.escape(release)}\): {counts}", line)


def test_what_xen_left_to_chance_is_told_and_is_no_difference(printed: Printed) -> None:
    lines = printed("replay", BY_NAME["xen-4.3/compress"])
    assert lines[0].endswith("none of them different")
    assert lines[1:] == ["1 of the lines of tmem-list differ in cb alone, which Xen 4.3's compression leaves to chance"]
    assert json.loads("\n".join(printed("replay", "--json", BY_NAME["xen-4.3/compress"])))["undetermined"] == 1


def test_a_cb_that_no_chance_explains_is_a_difference(tmp_path: Path, printed: Printed) -> None:
    path = BY_NAME["xen-4.3/compress"]
    place, line = next((n, line) for n, line in enumerate(ending_of(path)["list_l"]) if line.startswith("C="))
    far = re.sub("cb:([0-9]+)", lambda found: f"cb:{int(found[1]) + 1000}", line)
    wrong = with_ending(path, tmp_path, lambda final: final["list_l"].__setitem__(place, far))
    assert f"the text of tmem-list, entry {place} is " in printed("replay", wrong, status=DISAGREES)[-1]


def test_a_page_out_of_place_in_the_global_list_is_told(tmp_path: Path, printed: Printed) -> None:
    third, fourth = ending_of(LRU)["global_lru"][2:4]

    def exchange(final: dict[str, Any]) -> None:
        final["global_lru"][2:4] = [fourth, third]

    lines = printed("replay", with_ending(LRU, tmp_path, exchange), status=DISAGREES)
    assert "1,902 of 1,902 ops agree" in lines[0]
    assert lines[0].endswith(", 2 of them different")
    assert lines[1:] == [
        f"first difference: at the end: the global list, entry 2 is {third}, and in Xen it was {fourth}"
    ]


@pytest.mark.parametrize("longer", [False, True])
def test_a_client_list_of_another_length_is_told(longer: bool, tmp_path: Path, printed: Printed) -> None:
    pages = ending_of(LRU)["client_lru"]["1"]
    last = len(pages) - 1

    def change(final: dict[str, Any]) -> None:
        final["client_lru"]["1"] = [*pages, pages[0]] if longer else pages[:-1]

    (_, told) = printed("replay", with_ending(LRU, tmp_path, change), status=DISAGREES)
    place, got, expected = (last + 1, "nothing", pages[0]) if longer else (last, pages[-1], "nothing")
    assert told == (
        f"first difference: at the end: the list of client 1, entry {place} is {got}, and in Xen it was {expected}"
    )


def test_a_client_that_should_have_no_list_is_told(tmp_path: Path, printed: Printed) -> None:
    wrong = with_ending(LRU, tmp_path, lambda final: final["client_lru"].pop("1"))
    assert "the list of client 1, entry 0 is [1, " in printed("replay", wrong, status=DISAGREES)[1]


def test_one_letter_of_the_text_that_differs_is_told_with_both_lines(tmp_path: Path, printed: Printed) -> None:
    line = ending_of(LRU)["list_l"][1]
    other = line.replace(",fr:0,", ",fr:1,")
    wrong = with_ending(LRU, tmp_path, lambda final: final["list_l"].__setitem__(1, other))
    (_, told) = printed("replay", wrong, status=DISAGREES)
    assert told == (
        f"first difference: at the end: the text of tmem-list, entry 1 is {line}, and in Xen it was {other}"
    )


def test_of_several_differences_the_first_row_is_told_and_all_are_counted(tmp_path: Path, printed: Printed) -> None:
    path = edited(edited(LRU, tmp_path, 900, "rc", "55"), tmp_path, 300, "c2_tot", "-4")
    path = with_ending(path, tmp_path, lambda final: final["list_l"].pop())
    lines = printed("replay", path, status=DISAGREES)
    assert "1,900 of 1,902 ops agree" in lines[0]
    assert lines[0].endswith(" 3 of them different")
    assert re.fullmatch(r"first difference: row 300: [a-z]+: c2_tot is [0-9]+, and in Xen it was -4", lines[1])


def test_json_of_a_difference_has_place_values_and_the_sentence(tmp_path: Path, printed: Printed) -> None:
    good = json.loads("\n".join(printed("replay", "--json", LRU)))
    assert set(good) == {"vector", "xen", "ops", "compared", "mismatches", "undetermined", "first_mismatch"}
    assert (good["vector"], good["xen"], good["ops"], good["mismatches"]) == ("eph_private_lru", "4.7", 1902, 0)
    bad = json.loads("\n".join(printed("replay", "--json", edited(LRU, tmp_path, 40, "eph", "9"), status=DISAGREES)))
    first = bad.pop("first_mismatch")
    assert bad == {**{key: good[key] for key in bad}, "mismatches": 1}
    assert (first["row"], first["column"], first["expected"]) == (40, "eph", 9)
    assert first["sentence"] == f"row 40: {first['op']}: eph is {first['got']}, and in Xen it was 9"


def test_json_of_a_difference_at_the_end_has_no_row(tmp_path: Path, printed: Printed) -> None:
    wrong = with_ending(LRU, tmp_path, lambda final: final["global_lru"].pop(0))
    first = json.loads("\n".join(printed("replay", wrong, "--json", status=DISAGREES)))["first_mismatch"]
    assert (first["row"], first["op"], first["column"]) == (None, "", "the global list, entry 0")
    assert first["expected"] == ending_of(LRU)["global_lru"][1]


def test_what_cannot_be_replayed_is_one_sentence_that_names_file_row_and_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone.csv.gz"
    assert mistake(capsys, "tmem", "replay", str(gone)) == f"tmemlab: {gone}: there is no such file; check the path\n"
    assert mistake(capsys, "tmem", "replay", str(tmp_path)).startswith(f"tmemlab: {tmp_path}: is a folder; ")
    blank = edited(LRU, tmp_path, 12, "client", "")
    said = mistake(capsys, "tmem", "replay", "--json", str(blank))
    assert said.startswith(f"tmemlab: {blank}: row 12: column 'client' is blank, but ")
    word = edited(LRU, tmp_path, 13, "rc", "fine")
    assert mistake(capsys, "tmem", "replay", str(word)) == (
        f"tmemlab: {word}: row 13: column 'rc' is 'fine', not a whole number; make the log again\n"
    )
    assert "Missing argument 'VECTOR.csv.gz'" in mistake(capsys, "tmem", "replay")


def small(changes: dict[str, Any] | None = None, strategy: str = "tmem", seed: int = 1) -> Run:
    """Return a run of a pair of guests; both use both halves of tmem."""
    return simulate(load_scenario(PAIR, changes or {}), strategy, seed=seed)


def saved(run: Run | Comparison, folder: Path) -> Path:
    """Write results to a folder in another."""
    return run.save(folder / "results")


def shape(line: str) -> str:
    """Return a line without its values, with one sharer for any number of them."""
    return re.sub(r"(,SC)+", ",SC", re.sub(r":[^,]*", "", line))


def xen_shapes(version: str) -> dict[str, set[str]]:
    """Return the shapes of the lines that a Xen of that version wrote, by their letter."""
    shapes: dict[str, set[str]] = {}
    for path in GOLDEN:
        if path.parent.name == f"xen-{version}":
            # From the second S line on, Xen's own text is garbled.
            shared = False
            for line in ending_of(path)["list_l"]:
                if not (shared and line.startswith("S=")):
                    shapes.setdefault(line[0], set()).add(shape(line))
                shared |= line.startswith("S=")
    return shapes


@pytest.mark.parametrize("version", ["4.3", "4.7"])
@pytest.mark.parametrize("objects", [False, True])
def test_every_line_has_the_shape_of_xens(version: str, objects: bool, tmp_path: Path, printed: Printed) -> None:
    changes = {"guests.*.filesystem": "image", "xen.metadata": True} if objects else {}
    lines = printed("list", saved(small({**changes, "xen.version": version}), tmp_path), "-l")
    shapes = xen_shapes("4.7") | xen_shapes(version)
    for line in lines:
        assert shape(line) in {shape_ if objects else re.sub(OF_OBJECTS, "", shape_) for shape_ in shapes[line[0]]}
    marks = "".join(line[0] for line in lines)
    assert marks == ("GS" if objects else "G") + "CPPCPP" + ("" if version == "4.3" else "T")


def test_a_domain_of_xen_4_12_has_no_cap(tmp_path: Path, printed: Printed) -> None:
    lines = printed("list", saved(small({"xen.version": "4.12"}), tmp_path))
    of_4_7 = {re.sub(OF_OBJECTS, "", each).replace(",ca,", ",") for each in xen_shapes("4.7")["C"]}
    assert {shape(line) for line in lines if line.startswith("C=")} == of_4_7


def test_short_ends_each_line_where_xl_does_and_changes_nothing_before(tmp_path: Path, printed: Printed) -> None:
    folder = saved(small({"guests.*.filesystem": "image"}), tmp_path)
    whole = printed("list", folder)
    assert whole == printed("list", "-l", folder) == printed("list", folder, "--long")
    parts = printed("list", folder, "-s")
    assert parts == printed("list", "--short", folder)
    ends = {"G": "Fp:0", "S": "SC:2", "C": r"Gp:[0-9]+", "P": r"U1:[0-9a-f]+", "T": "T"}
    for part, line in zip(parts, whole, strict=True):
        assert re.search(rf"(^|,){ends[line[0]]}$", part)
        assert line == part or line.startswith(f"{part},")


@pytest.mark.parametrize("scenario", ["pair", "tiny"])
def test_the_counters_printed_are_those_of_the_run(scenario: str, tmp_path: Path, printed: Printed) -> None:
    run = small() if scenario == "pair" else simulate("tiny", "tmem")
    lines = [(line[0], letters_of(line)) for line in printed("list", saved(run, tmp_path))]
    numbers = {name: int(value) for name, value in lines[0][1].items()}
    summary, last = run.summary.set_index("guest"), run.history.groupby("guest").last()
    host = last.loc[HOST]
    assert numbers["Ec"] == host.eph_pages
    assert numbers["Ta"] == host.tmem_list_pages
    assert numbers["Fc"] == host.eph_pages + host.frontswap_pages
    assert (numbers["Et"], numbers["Rt"]) == (run.host.eph_evicted, run.host.relinquished)
    assert numbers["Ep"] == run.host.cleancache_puts > 0
    for number, name in enumerate(run.guests, 1):
        one, now = summary.loc[name], last.loc[name]
        (client,) = (line for mark, line in lines if mark == "C" and line["CI"] == str(number))
        assert [int(client[letters]) for letters in ("Ge", "Pp", "Gp", "Ec")] == [
            one.cleancache_hits,
            one.frontswap_stores,
            one.frontswap_loads,
            now.eph_pages,
        ]
        swap, cache = (line for mark, line in lines if mark == "P" and line["CI"] == str(number))
        assert (swap["PT"], cache["PT"]) == ("PP", "EP")
        assert [int(swap[letters]) for letters in ("Pc", "ps", "gs")] == [
            now.frontswap_pages,
            one.frontswap_stores,
            one.frontswap_loads,
        ]
        assert [int(cache[letters]) for letters in ("Pc", "ps", "gs")] == [
            now.eph_pages,
            one.cleancache_puts,
            one.cleancache_hits,
        ]
    assert run.host.cleancache_hits > 0
    assert run.host.frontswap_loads > 0


def test_settings_of_a_guest_and_of_the_hypervisor_are_in_its_line(tmp_path: Path, printed: Printed) -> None:
    changes = {
        "guests.a.weight": 30,
        "guests.b.cap": (1 << 31) - 1,
        "xen.compress": True,
        "xen.metadata": True,
    }
    clients = [letters_of(line) for line in printed("list", saved(small(changes), tmp_path)) if line.startswith("C=")]
    assert [(each["ww"], each["ca"], each["co"], each["fr"]) for each in clients] == [
        ("30", "0", "1", "0"),
        ("0", "2147483647", "1", "0"),
    ]


@pytest.mark.parametrize("strategy", ["tmem", "ballooning"])
def test_top_adds_up_and_its_numbers_are_those_of_the_run(strategy: str, tmp_path: Path, printed: Printed) -> None:
    run = small(strategy=strategy)
    domains, memory, heads, *rows = printed("top", saved(run, tmp_path))
    assert domains == "2 domains"
    assert heads.split() == ["NAME", "MEM(k)", "MEM(%)", "MAXMEM(k)", "MAXMEM(%)", "VBD_RSECT", "VBD_WSECT"]
    last, summary = run.history.groupby("guest").last(), run.summary.set_index("guest")
    total, used, free = (int(found) for found in re.findall(r"([0-9]+)k (?:total|used|free)\b", memory))
    assert (total, used, free) == (16 * 1024, total - free, last.loc[HOST].free_pages * PAGE_KIB)
    tmem = [row for row in rows if row.startswith("Tmem:")]
    of_guests = [row.split() for row in rows if not row.startswith("Tmem:")]
    for name, cells in zip(run.guests, of_guests, strict=True):
        now, one = last.loc[name].astype(int), summary.loc[name]
        held = (now.current_pages + now.frontswap_pages) * PAGE_KIB  # a domain is charged for its persistent pages
        assert cells == [
            name,
            str(held),
            f"{100 * held / total:.1f}",
            "8192",
            "50.0",
            f"{one.sectors_read:.0f}",
            f"{one.sectors_written:.0f}",
        ]
    assert [re.sub(" +[0-9]+", "", row) for row in tmem] == (
        ["Tmem:  Curr eph pages:   Succ eph gets:   Succ pers puts:   Succ pers gets:"] * 2
        if strategy == "tmem"
        else []
    )
    columns = ["cleancache_hits", "frontswap_stores", "frontswap_loads"]
    assert [[int(number) for number in re.findall(" ([0-9]+)", row)] for row in tmem] == [
        [last.loc[name].eph_pages, *summary.loc[name, columns]] for name in run.guests[: len(tmem)]
    ]


def test_a_guest_that_never_used_tmem_has_no_line_on_it(tmp_path: Path, printed: Printed) -> None:
    run = small({"guests.a.tmem.enabled": False})
    names = [line.split()[0] for line in printed("top", saved(run, tmp_path))[3:]]
    assert names == ["a", "b", "Tmem:"]


def test_top_shows_the_first_ten_letters_of_a_name_as_xentop_does(tmp_path: Path, printed: Printed) -> None:
    run = fake_run(guests=1, ticks=10)
    run.summary["guest"] = run.summary["guest"].replace("web1", "database-primary")
    run.tmem["domains"][0]["name"] = "database-primary"
    assert printed("top", saved(run, tmp_path))[3].split()[0] == "database-p"


@pytest.mark.parametrize(("pages", "shown"), [(700, "2048k freeable"), (255, None)])
def test_top_shows_freeable_memory_in_whole_mebibytes_as_xentop_does(
    pages: int, shown: str | None, tmp_path: Path, printed: Printed
) -> None:
    run = fake_run(guests=1, ticks=10)
    run.tmem["freeable_pages"] = pages
    memory = printed("top", saved(run, tmp_path))[1]
    assert (f", {shown}" in memory) if shown else ("freeable" not in memory)


@pytest.mark.parametrize("command", ["list", "top"])
def test_a_folder_of_one_run_needs_no_strategy_and_takes_no_other(
    command: str, tmp_path: Path, printed: Printed, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = saved(fake_run("tmem", ticks=10), tmp_path)
    assert printed(command, folder) == printed(command, folder, "--strategy", "tmem")
    said = mistake(capsys, "tmem", command, str(folder), "--strategy", "xyz")
    assert said == f"tmemlab: --strategy xyz: {folder} holds no such run; there are tmem\n"


def test_of_several_seeds_the_first_is_shown(tmp_path: Path, printed: Printed) -> None:
    runs = [small(READERS, seed=seed) for seed in (5, 6)]
    runs[1].tmem["lines"] = ["G=Tt:1"]
    folder = saved(Comparison(runs), tmp_path)
    assert printed("list", folder) == runs[0].tmem_list()


@pytest.mark.parametrize("command", ["list", "top"])
def test_a_folder_that_holds_no_results_is_one_sentence(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone, file = tmp_path / "gone", tmp_path / "notes.txt"
    file.write_text("mine")
    for path in (gone, file):
        said = mistake(capsys, "tmem", command, str(path))
        assert said == (
            f"tmemlab: {path}: there is no such folder of results; give a folder that tmemlab wrote with --out\n"
        )
    assert "holds no results of tmemlab (tmemlab.json is missing)" in mistake(capsys, "tmem", command, str(tmp_path))
    assert "Missing argument 'RUN'" in mistake(capsys, "tmem", command)
