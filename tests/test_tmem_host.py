"""tmem by hand: numbering handles as they come gives what a log numbered before gives, and mistakes are told."""

from pathlib import Path
from typing import Any

import pytest

import tmemlab
from tmemlab.errors import TmemlabError
from tmemlab.xen.domain import Domain
from tmemlab.xen.host import TmemHost
from tmemlab.xen.vector import OPS, Vector, load_vector

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*/*.csv.gz"))
EVERYBODY = 65535
SHARED = 2


class ByHand:
    """A vector's host, asked op by op."""

    def __init__(self, vector: Vector) -> None:
        self.host = TmemHost(
            vector.host_pages,
            xen=vector.xen,
            compress=vector.compress,
            dedup=vector.dedup,
            tze=vector.tze,
            shared_auth=vector.shared_auth,
        )
        for dom, most in vector.doms:
            self.domains[dom] = self.host.domain(most, f"dom{dom}")

    @property
    def domains(self) -> dict[int, Domain]:
        return self.__dict__.setdefault("_domains", {})  # type: ignore[no-any-return]

    def do(self, op: dict[str, Any]) -> int | None:
        """Do one op and return its code; None where it cannot be done by hand."""
        name = op["op"]
        domain = self.domains.get(op["client"])
        if name in ("weight", "cap", "compress", "freeze", "thaw", "flushmem", "auth"):
            return self.control(name, op, domain)
        assert domain is not None
        page = [op.get(part, 0) for part in ("pool", "oid", "index")]
        uuid = (op.get("a1", 0), op.get("a2", 0)) if op.get("pool", 0) & SHARED else None
        calls = {
            "put": lambda: domain.put(
                page[0], page[1], page[2], op["tag"], nonzero=op["nz"], compressed=op.get("csize", 4096)
            ),
            "get": lambda: domain.get(*page),
            "flushpage": lambda: domain.flush_page(*page),
            "flushobj": lambda: domain.flush_object(*page[:2]),
            "putbad": lambda: domain.put(page[0], page[1], page[2], readable=False),
            "newpool": lambda: domain.new_pool(uuid=uuid, flags=op["pool"] | 1 << 24),
            "newpoolraw": lambda: domain.new_pool(flags=op["pool"]),
            "destroypool": lambda: domain.destroy_pool(op["pool"]),
            "dalloc": lambda: domain.take(op["a1"]),
            "dfree": lambda: domain.give_back(op["a1"]),
            "savebegin": lambda: domain.begin_save(live=bool(op["a1"])),
            "saveend": domain.end_save,
            "kill": domain.kill,
        }
        if name == "maxmem":
            domain.max_pages = op["a1"]
            return 0
        return calls[name]()

    def control(self, name: str, op: dict[str, Any], domain: Domain | None) -> int | None:
        if domain is None and op["client"] != EVERYBODY:
            return None
        if name == "auth":
            return self.host.authorise((op["a1"], op["a2"]), domain, allow=bool(op["pool"]))
        calls = {"freeze": self.host.freeze, "thaw": self.host.thaw}
        if name in calls:
            return calls[name](domain)
        if name == "flushmem":
            return self.host.flush_memory(op["a1"])
        setters: dict[str, Any] = {
            "weight": self.host.set_weight,
            "cap": self.host.set_cap,
            "compress": self.host.set_compress,
        }
        return setters[name](op["a1"], domain)  # type: ignore[no-any-return]


def ops_of(vector: Vector) -> list[dict[str, Any]]:
    """Return a vector's rows, each without its blanks."""
    there = {name: ~blank for name, blank in vector.blank.items()}
    return [
        {"op": OPS[op], **{name: int(vector.columns[name][row]) for name in there if there[name][row]}}
        for row, op in enumerate(vector.ops)
    ]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_by_hand_every_op_answers_as_in_xen(path: Path) -> None:
    vector = load_vector(path)
    by_hand = ByHand(vector)
    for row, op in enumerate(ops_of(vector)):
        code = by_hand.do(op)
        if code is None:
            assert op["rc"] < 0, "a call about a client that is none"
            continue
        assert code == op["rc"], f"row {row}: {op}"
        if op["op"] == "get" and code == 1:
            assert by_hand.host.delivered == op["data_tag"]
        assert by_hand.host.counters["eph"] == op["eph"]
        assert by_hand.host.free == op["free"]
        assert by_hand.host.freeable == op["freeable"]
        assert (by_hand.host.counters["objects"], by_hand.host.counters["nodes"]) == (op["objs"], op["nodes"])
    named = [[int(page.owner[3:]), page.pool, page.oid, page.index] for page in by_hand.host.lists().everybody]
    assert named == vector.final["global_lru"]


def two_pages() -> tuple[TmemHost, Domain]:
    host = TmemHost(1000)
    domain = host.domain(100, "web")
    assert domain.new_pool() == 0
    assert [domain.put(0, 5, 0, content=7), domain.put(0, 5, 1, content=8)] == [1, 1]
    return host, domain


def test_a_host_shows_its_lists() -> None:
    host, domain = two_pages()
    assert [str(page) for page in host.lists().everybody] == ["web:0/5/0", "web:0/5/1"]
    assert host.lists().of == {"web": host.lists().everybody}
    assert (domain.eph, domain.tot_pages, host.free, host.freeable) == (2, 0, 998, 2)
    assert host.tmem_list()[1].startswith("C=CI:1,ww:0,")


def test_a_get_delivers_what_was_put_and_takes_it_away() -> None:
    host, domain = two_pages()
    assert (domain.get(0, 5, 1), host.delivered) == (1, 8)
    assert (domain.get(0, 5, 1), host.delivered) == (0, None)


def test_two_words_of_a_uuid_or_one_number() -> None:
    host = TmemHost(1000)
    one, other, third = (host.domain(10, name) for name in ("one", "other", "third"))
    assert [one.new_pool(uuid=(5, 1)), other.new_pool(uuid=5 + (1 << 64)), third.new_pool(uuid=5)] == [0, 0, 0]
    assert one.put(0, 1, 1, content=3) == 1
    assert [other.get(0, 1, 1), third.get(0, 1, 1)] == [1, -1001]


def test_tables_grow_as_they_fill() -> None:
    host = TmemHost("64MiB")
    domains = [host.domain("1GiB", f"d{number}") for number in range(20)]
    for number, domain in enumerate(domains):
        assert [domain.new_pool(persistent=bool(slot % 2)) for slot in range(16)] == list(range(16))
        for page in range(100):
            assert domain.put(page % 16, page, page**5 % 2**32, content=number) == 1
    assert host.counters["pages"] == 2000
    assert host.free == 64 * 256 - 2000
    for domain in domains:
        for page in range(100):
            assert domain.get(page % 16, page, page**5 % 2**32) == 1


def test_a_notebook_shows_a_host() -> None:
    host, domain = two_pages()
    shown = host._repr_html_()
    assert ">0/5/0</span>" in shown
    assert "<td>web</td><td>0 of 100</td><td>2</td>" in shown
    assert "998 frames free" in shown
    host.domain(1, "<b>")
    assert "<b></td>" not in host._repr_html_()
    assert "&lt;b&gt;" in host._repr_html_()
    assert repr(domain) == "<domain web: 0 of 100 pages, 2 ephemeral>"


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: TmemHost(1000, xen="4.5"), "xen: '4.5' is none of them; did you mean '4.7'?"),
        (lambda: TmemHost(1000, quota="upright"), "quota: 'upright' is none of them; there are inverted, intended"),
        (lambda: TmemHost("lots"), "'lots': is not a size"),
        (lambda: TmemHost(-1), "-1: is no number of pages; write 0 or more"),
        (lambda: two_pages()[0].domain(5, "web"), "name: there is a domain called 'web' already"),
        (lambda: two_pages()[1].put(0, -1, 0), "oid: -1 is no object id"),
        (lambda: two_pages()[1].get(0, 0, 1 << 32), "index: 4294967296 is no index of a page"),
        (lambda: two_pages()[1].new_pool(uuid=1 << 200), "is longer than 128 bits"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(make: Any, says: str) -> None:
    with pytest.raises(TmemlabError) as told:
        make()
    assert says in str(told.value)
    assert "\n" not in str(told.value)


def test_the_public_name_is_the_class() -> None:
    assert tmemlab.TmemHost is TmemHost
