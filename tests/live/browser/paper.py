"""What a person does on the page of the paper exchange, beside Airflow's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.live.browser.pages import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page, ViewportSize

LOW: ViewportSize = {"width": 1280, "height": 620}
"""The picture of it is in the docs, where it must not weigh much."""


class PaperPage:
    """
    The page in a tab of its own.

    :param beside: a page of the same browser.
    :param base_url: of the paper exchange.
    :param pictures: where the screenshots go.
    :param look: is told of all that the page holds, as :class:`.Pages` tells it.
    """

    def __init__(self, beside: Page, base_url: str, pictures: Path, look: Callable[[str, str], None]) -> None:
        self._beside = beside
        self._page = beside.context.new_page()
        self._pictures = pictures
        self._look = look
        self.complaints: list[str] = []
        """What the browser complained about, such as a script that the page does not allow."""
        self._page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self._page.on("console", lambda told: self.complaints.append(told.text) if told.type == "error" else None)
        self._page.set_viewport_size(LOW)
        self._page.goto(f"{base_url}/")

    def place(self, market: str, quantity: str, price: str) -> None:
        """
        Fill in the form of an order, press its button, and wait until the order shows.

        :param market: as the page offers it, such as ``BitoPro: btc_usdt``.
        """
        form = self._page.get_by_role("region", name="Place orders")
        form.get_by_label("Market").select_option(label=market)
        form.get_by_label("Quantity").fill(quantity)
        form.get_by_label("Price", exact=True).fill(price)
        form.get_by_role("button", name="Place").click()
        self._page.get_by_role("row").filter(has_text=price).wait_for()

    def break_something(self, kind: str, group: str, venue: str, seconds: str) -> None:
        """
        Press the button of a fault, and wait until it is in force.

        :param group: the heading that the button stands below.
        :param venue: as the page offers it.
        """
        form = self._page.get_by_role("region", name="Break something")
        form.get_by_label("At").select_option(label=venue)
        form.get_by_label("Seconds").fill(seconds)
        form.get_by_text(group, exact=True).click()
        form.get_by_role("button", name=kind, exact=True).click()
        form.get_by_text(group, exact=True).click()
        self._page.get_by_role("button", name=f"Take away {kind}").wait_for()

    def mend(self, kind: str) -> None:
        """Take a fault away."""
        self._page.get_by_role("button", name=f"Take away {kind}").click()
        self._page.get_by_text("None: every venue does as it should.").wait_for()

    def wait_for(self, book: str, text: str) -> None:
        """Wait until a book's part of the page says something, without anyone reloading it."""
        self._page.locator(f"#book-{book}").get_by_text(text).first.wait_for()

    def close(self) -> None:
        """Close its tab, and go back to the one beside it."""
        self._page.close()
        self._beside.bring_to_front()

    def picture(self, name: str) -> str:
        """Keep a screenshot, have what the page holds looked through, and return it."""
        self._page.bring_to_front()
        self._page.evaluate("scrollTo(0, 0)")
        self._page.screenshot(path=self._pictures / f"{name}.png", animations="disabled")
        held: str = self._page.evaluate(EVERYTHING)
        self._look(f"page {name}", held)
        return held
