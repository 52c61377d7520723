"""A headless Chromium that talks to nobody but the Airflow and the paper exchange under test."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from playwright.sync_api import Error, sync_playwright

from tests.live.api import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Route

CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
ELSEWHERE = "<title>Elsewhere</title><h1>A page beyond Airflow</h1>"


def install_chromium() -> None:
    """
    See to it that Debian's Chromium is there.

    :raises SystemExit: with what to do, when only the administrator can.
    """
    if os.access(CHROMIUM, os.X_OK):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise SystemExit(f"There is no {CHROMIUM}; as root: apt-get install chromium")
    print("Installing Debian's package chromium ...", flush=True)
    quiet = ("apt-get", "--quiet", "--quiet", "--yes")
    subprocess.run([*quiet, "update"], check=True)
    subprocess.run(
        [*quiet, "install", "--no-install-recommends", "chromium"],
        check=True,
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        stdout=subprocess.DEVNULL,
    )


@contextmanager
def open_page(*homes: str) -> Iterator[Page]:
    """
    Open an empty page in a new browser.

    :param homes: base URLs of the sites there are; every other one is a stand-in.
    """
    sandboxing = ("--no-sandbox",) if os.geteuid() == 0 else ()  # which Chromium does not do for root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *sandboxing])
        try:
            context = browser.new_context(locale="en-GB", timezone_id="UTC")
            context.set_default_timeout(PATIENCE * 1000)
            context.route(lambda url: not url.startswith(tuple(f"{home}/" for home in homes)), _stand_in)
            yield context.new_page()
        finally:
            with suppress(Error):  # a Ctrl-C reaches all in the terminal, and ends it before us
                browser.close()


def _stand_in(route: Route) -> None:
    route.fulfill(content_type="text/html", body=ELSEWHERE)
