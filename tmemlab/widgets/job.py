"""A long call in a thread of its own, watched from the event loop, so that the page stays alive while it runs."""

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Watch = Callable[[float, str], None]
T = TypeVar("T")

EVERY_S = 0.1  # between two looks at how far it is


class Job(Generic[T]):
    """One call that tells how far it is and can be called off.

    Parameters
    ----------
    work : callable
        Called in a thread with a function to tell the fraction that is done and a word on it, and with an event
        that asks it to stop.
    """

    def __init__(self, work: Callable[[Watch, threading.Event], T]) -> None:
        self._work = work
        self._stop = threading.Event()
        self._told = (0.0, "starting")  # replaced as a whole by the thread, read by the event loop

    def cancel(self) -> None:
        """Ask the call to stop; it ends when it next looks."""
        self._stop.set()

    async def result(self, watch: Watch) -> T:
        """Return what the call returns, or raise what it raises; meanwhile ``watch`` hears how far it is.

        ``watch`` is called by the event loop, so it may touch widgets.
        """
        call = asyncio.get_running_loop().run_in_executor(None, self._work, self._tell, self._stop)
        try:
            while not call.done():
                await asyncio.wait([call], timeout=EVERY_S)
                watch(*self._told)
            return call.result()
        finally:
            self._stop.set()  # nobody waits for it any more

    def _tell(self, fraction: float, text: str) -> None:
        self._told = (fraction, text)
