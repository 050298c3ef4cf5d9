"""A domain by hand: its pools, its pages in them, and its memory."""

import html
from typing import TYPE_CHECKING, Any

from tmemlab.core import oplog
from tmemlab.core.pools import PERSIST, SHARE, SPEC_VERSION, VERSION_SHIFT
from tmemlab.core.world import POOL_SLOTS
from tmemlab.xen.arguments import check_handle, two_words

if TYPE_CHECKING:
    from tmemlab.xen.host import TmemHost

WORDS = 512  # of 8 bytes in a page


class Domain:
    """A domain of a `TmemHost`; what it calls makes it a client of tmem."""

    def __init__(self, host: "TmemHost", row: int, name: str) -> None:
        self.host, self.row, self.name = host, row, name

    @property
    def id(self) -> int:
        """The domain's id; dom0 is 0."""
        return self.row + 1

    @property
    def tot_pages(self) -> int:
        """Its own RAM and its persistent pages."""
        return int(self._dom.tot_pages)

    @property
    def max_pages(self) -> int:
        """The most it may have of both."""
        return int(self._dom.max_pages)

    @max_pages.setter
    def max_pages(self, pages: int) -> None:
        self.host.do(code=oplog.SET_MAX_PAGES, dom=self.row, a1=pages)

    @property
    def eph(self) -> int:
        """Its ephemeral pages; those of a shared pool are its owner's."""
        return int(self._dom.eph)

    @property
    def weight(self) -> int:
        """Its weight among all clients."""
        return int(self._dom.weight)

    def new_pool(
        self, *, persistent: bool = False, uuid: int | tuple[int, int] | None = None, flags: int | None = None
    ) -> int:
        """Make a pool and return its slot; with a ``uuid`` one that is shared with whoever has the same.

        ``flags`` is the hypercall's word in place of what follows from the rest; Xen refuses most.
        """
        low, high = (0, 0) if uuid is None else two_words(uuid)
        if flags is None:
            flags = SPEC_VERSION << VERSION_SHIFT | (PERSIST if persistent else 0) | (0 if uuid is None else SHARE)
        self.host._tables.reserve_pools()
        return self.host.do(code=oplog.NEW_POOL, dom=self.row, slot=flags, a1=low, a2=high)

    def destroy_pool(self, pool: int) -> int:
        """Destroy a pool, or leave it if others share it: 1, or 0 where there is none."""
        return self.host.do(code=oplog.DESTROY_POOL, dom=self.row, slot=pool)

    def put(
        self,
        pool: int,
        oid: int,
        index: int,
        content: int = 1,
        *,
        nonzero: int = 4096,
        compressed: int = 4096,
        readable: bool = True,
    ) -> int:
        """Put a page: 1, or an error.

        Equal contents are equal pages. ``nonzero`` bytes come before the trailing zeroes, and LZO makes ``compressed``
        bytes of it; both matter only to hosts that look. A page that is not ``readable`` is one that Xen cannot map.
        """
        words = min(WORDS, -(-nonzero // 8))
        content = content if words else 0
        number = self.host._tables.content(content, words)
        return self._page(
            oplog.PUT,
            pool,
            oid,
            index,
            tag=content,
            words=words,
            csize=compressed,
            content=number,
            bad=int(not readable),
        )

    def get(self, pool: int, oid: int, index: int) -> int:
        """Get a page: 1, 0 where it is not there, -1001 where the pool is empty; see `TmemHost.delivered`."""
        return self._page(oplog.GET, pool, oid, index)

    def flush_page(self, pool: int, oid: int, index: int) -> int:
        """Forget a page: 1, there or not."""
        return self._page(oplog.FLUSH_PAGE, pool, oid, index)

    def flush_object(self, pool: int, oid: int) -> int:
        """Forget all pages of an object: 1, there or not."""
        return self._page(oplog.FLUSH_OBJECT, pool, oid, 0)

    def take(self, pages: int) -> int:
        """Take frames from Xen, as a balloon that deflates does; how many it got."""
        return self.host.do(code=oplog.GIVE, dom=self.row, a1=pages)

    def give_back(self, pages: int) -> int:
        """Give frames back to Xen, as a balloon that inflates does; how many it had to give."""
        return self.host.do(code=oplog.TAKE, dom=self.row, a1=pages)

    def begin_save(self, *, live: bool = False) -> int:
        """Freeze it for a migration; a live one lets duplicate puts fail, with loss."""
        return self.host.do(code=oplog.BEGIN_SAVE, dom=self.row, a1=int(live))

    def end_save(self) -> int:
        """End the migration."""
        return self.host.do(code=oplog.END_SAVE, dom=self.row)

    def kill(self) -> int:
        """Let it die: its pools go, and its memory."""
        return self.host.do(code=oplog.KILL, dom=self.row)

    @property
    def _dom(self) -> Any:
        return self.host._tables.xen.dom[self.row]

    def _page(self, code: int, slot: int, oid: int, index: int, **offered: int) -> int:
        check_handle(oid, index)
        tables = self.host._tables
        pool = int(tables.xen.link[POOL_SLOTS * self.row + slot].slot) if 0 <= slot < POOL_SLOTS else -1
        if pool < 0:
            return self.host.do(code=code, dom=self.row, pool=-1)
        handle, obj = tables.number(pool, oid, index)
        return self.host.do(code=code, dom=self.row, pool=pool, handle=handle, object=obj, **offered)

    def __repr__(self) -> str:
        return f"<domain {html.escape(self.name)}: {self.tot_pages} of {self.max_pages} pages, {self.eph} ephemeral>"
