"""Rings of page ids behave as plain lists do, however they wrap and whatever gaps they close."""

from collections import deque

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.core_entries import POP_TAIL, PUSH_HEAD, PUSH_TAIL, REMOVE, ring_op
from tmemlab.core import world as tables
from tmemlab.core.world import table


class Rings:
    """Two lists in one ring, of different size, and beside each a deque: oldest first, as the tail is."""

    def __init__(self, pages: int, spare: int, start: int) -> None:
        rooms = [pages, pages + spare]
        self.lists = table(2, tables.LIST, first=[0, pages], room=rooms, tail=[start % room for room in rooms])
        self.ring = np.full(sum(rooms), -1, np.int32)
        self.where = np.full(pages, -1, np.int32)
        self.plain: list[deque[int]] = [deque(), deque()]

    def push(self, row: int, page: int, code: int) -> None:
        ring_op(self.ring, self.lists, self.where, code, row, page)
        self.plain[row].append(page) if code == PUSH_HEAD else self.plain[row].appendleft(page)

    def pop(self, row: int) -> None:
        assert ring_op(self.ring, self.lists, self.where, POP_TAIL, row, -1) == self.plain[row].popleft()

    def remove(self, row: int, page: int) -> None:
        ring_op(self.ring, self.lists, self.where, REMOVE, row, page)
        self.plain[row].remove(page)

    def step(self, random: np.random.Generator) -> None:
        """Do something at random: most steps move a page that is on a list, so that gaps arise everywhere."""
        page = int(random.integers(len(self.where)))
        row = next((row for row in (0, 1) if page in self.plain[row]), -1)
        if row < 0:
            self.push(int(random.integers(2)), page, PUSH_TAIL if random.random() < 0.2 else PUSH_HEAD)
        elif random.random() < 0.3:
            self.pop(row)
        else:
            self.remove(row, page)

    def content(self, row: int) -> list[int]:
        """Return what stands on a list, oldest first, read straight from the ring."""
        this = self.lists[row]
        places = (this.tail + np.arange(this.used)) % this.room
        pages = self.ring[this.first + places]
        assert (self.where[pages[pages >= 0]] == places[pages >= 0]).all()
        return [int(page) for page in pages if page >= 0]

    def check(self) -> None:
        for row in (0, 1):
            assert self.content(row) == list(self.plain[row])
            assert self.lists[row].live == len(self.plain[row])
            assert self.lists[row].live <= self.lists[row].used <= self.lists[row].room
        absent = set(range(len(self.where))) - set(self.plain[0]) - set(self.plain[1])
        assert all(self.where[page] == -1 for page in absent)


@given(
    pages=st.integers(1, 40),
    spare=st.integers(0, 10),
    start=st.integers(0, 100),
    steps=st.integers(1, 300),
    seed=st.integers(0, 2**32),
)
def test_rings_are_lists(pages: int, spare: int, start: int, steps: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    rings = Rings(pages, spare, start)
    for _ in range(steps):
        rings.step(random)
        rings.check()


def test_a_full_ring_closes_its_gaps_and_keeps_the_order() -> None:
    rings = Rings(pages=8, spare=0, start=5)
    for page in range(8):
        rings.push(0, page, PUSH_HEAD)
    for page in (1, 6, 3):
        rings.remove(0, page)
    assert rings.lists[0].used == rings.lists[0].room
    rings.push(0, 3, PUSH_HEAD)
    assert rings.lists[0].used == 6
    assert rings.content(0) == [0, 2, 4, 5, 7, 3]


def test_a_ring_that_is_full_of_gaps_takes_pages_at_its_old_end() -> None:
    rings = Rings(pages=4, spare=0, start=0)
    for page in range(4):
        rings.push(0, page, PUSH_TAIL)
    rings.remove(0, 2)
    rings.push(0, 2, PUSH_TAIL)
    assert rings.content(0) == [2, 3, 1, 0]


def test_a_pop_passes_over_every_gap() -> None:
    rings = Rings(pages=5, spare=0, start=3)
    for page in range(5):
        rings.push(0, page, PUSH_HEAD)
    for page in (0, 1, 2):
        rings.remove(0, page)
    rings.pop(0)
    assert rings.content(0) == [4]
