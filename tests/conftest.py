"""What every test shares: hypothesis' settings, a drawing back end without a screen, and an offline browser."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import BrowserContext, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# The first example of a test may compile kernels, so no deadline; the examples are always the same: green stays green.
hypothesis.settings.register_profile("tmemlab", deadline=None, derandomize=True)
hypothesis.settings.load_profile("tmemlab")
os.environ["MPLBACKEND"] = "agg"


@pytest.fixture(scope="module")  # while it is open an event loop runs, and tests of other modules need their own
def offline() -> Iterator[BrowserContext]:
    """Give a browser without network; a page opened in it can only show what its file holds."""
    if not CHROMIUM.exists():
        reason = f"{CHROMIUM} is missing; apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser.new_context(offline=True)
        browser.close()
