"""What a person does in the pages of Airflow 3.3, by roles and labels where the pages have them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.live.api import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from playwright.sync_api import Locator, Page, ViewportSize

    from tests.live.api import Run

EVERYTHING = """() => [
    document.documentElement.outerHTML,
    ...[...document.querySelectorAll("input, textarea")].map(field => field.value)
].join("\\n")"""
IN_SIGHT = """() => [
    document.body.innerText,
    ...[...document.querySelectorAll("input:not([type=password]), textarea")].map(field => field.value)
].join("\\n")"""
WINDOW: ViewportSize = {"width": 1280, "height": 900}
TALL: ViewportSize = {"width": 1280, "height": 1400}
"""For a form that is long, and for a log: the page holds only the lines of a log that are near its window."""


class Pages:
    """
    Airflow in a browser.

    :param page: of the browser.
    :param home: Airflow's base URL.
    :param pictures: where the screenshots go.
    :param look: is told of all that a page holds, after ``page`` and the picture's name, whenever one is taken.
    """

    def __init__(self, page: Page, home: str, pictures: Path, look: Callable[[str, str], None]) -> None:
        self._page = page
        self._home = home
        self._pictures = pictures
        self._look = look

    def picture(self, name: str, of: Locator | None = None, *, secret_typed: bool = False) -> None:
        """
        Keep a screenshot, and have what the page holds looked through.

        :param of: this part of the page only.
        :param secret_typed: a password field holds what was just typed; what is in sight is looked through alone.
        """
        (of or self._page).screenshot(path=self._pictures / f"{name}.png", animations="disabled")
        self._look(f"page {name}", self._page.evaluate(IN_SIGHT if secret_typed else EVERYTHING))

    def add_connection(self, conn_id: str, title: str, fields: Mapping[str, str], extra: Mapping[str, str]) -> None:
        """
        Fill in the form, and save it.

        :param title: of the connection type, as the form offers it.
        :param fields: label to text.
        :param extra: name of the extra field to text. Airflow ties no label to these.
        """
        page = self._page
        page.set_viewport_size(WINDOW)
        page.goto(f"{self._home}/connections")
        page.get_by_role("button", name="Add Connection").click()
        form = page.get_by_role("dialog")
        form.get_by_label("Connection ID").fill(conn_id)
        form.get_by_role("combobox", name="Connection Type").fill(title)
        page.get_by_role("option", name=title, exact=True).click()
        save = form.get_by_role("button", name="Save")
        self._settle(form.get_by_role("button", name="Extra Fields", exact=True))
        self.picture(f"form-{conn_id}-empty", form)
        for label, text in fields.items():
            form.get_by_label(label, exact=True).and_(form.locator("input, textarea")).fill(text)
        self.picture(f"form-{conn_id}-standard", form, secret_typed=True)
        form.get_by_role("button", name="Extra Fields", exact=True).click()
        first = form.locator("[id^=element_]").first
        first.wait_for()
        page.set_viewport_size(TALL)
        for name, text in extra.items():
            if save.is_enabled():
                raise AssertionError(f"{conn_id}: the form can be saved without {name}")
            form.locator(f"#element_{name}").fill(text)
        self._settle(form.get_by_role("button", name="Extra Fields JSON"))
        self.picture(f"form-{conn_id}-extra", form, secret_typed=True)
        save.click()
        form.wait_for(state="hidden")
        page.set_viewport_size(WINDOW)

    def test_connection(self, conn_id: str) -> str:
        """Press the button, and return what Airflow says."""
        row = self._page.get_by_role("row").filter(has_text=conn_id)
        row.get_by_role("button", name="Test Connection").click()
        note = self._page.get_by_role("status").filter(has_text="Test Connection")
        note.wait_for()
        said: str = note.inner_text()  # at once, as the note goes away by itself
        self.picture(f"test-{conn_id}")
        return said.replace("\n", ": ", 1)

    def edit_connection(self, conn_id: str, secret_label: str) -> str:
        """Open the form of what was saved, and return what stands where the secret is."""
        row = self._page.get_by_role("row").filter(has_text=conn_id)
        row.get_by_role("button", name="Edit Connection").click()
        form = self._page.get_by_role("dialog")
        secret = form.get_by_role("textbox", name=secret_label)
        secret.wait_for()
        form.get_by_role("button", name="Show value").first.click()
        self.picture(f"form-{conn_id}-saved", form)
        shown: str = secret.input_value()
        form.get_by_role("button", name="Close").click()
        form.wait_for(state="hidden")
        return shown

    def trigger(self, dag_id: str) -> str:
        """Start a DAG with the button that it has, and return the id of the run, whose page is open then."""
        self._page.goto(f"{self._home}/dags/{dag_id}")
        self._page.get_by_test_id("trigger-dag-button").click()
        self._page.get_by_role("dialog").get_by_role("button", name="Trigger").click()
        self._page.wait_for_url(re.compile(rf"/dags/{dag_id}/runs/[^/]+"))
        url: str = self._page.url
        return url.rpartition("/runs/")[2].partition("/")[0].partition("?")[0]

    def wait_for(self, state: str) -> None:
        """Wait until the page of a run or task shows a state, such as ``Success``."""
        badge = self._page.get_by_test_id("header-card").get_by_test_id("state-badge")
        badge.filter(has_text=re.compile(rf"^\s*{state}\s*$")).wait_for(timeout=PATIENCE * 1000)

    def open_run(self, run: Run, state: str) -> None:
        """Open the page of a run, which is in a state such as ``Success``."""
        self._page.goto(f"{self._home}/{run.path.replace('dagRuns', 'runs')}")
        self.wait_for(state)
        self._page.get_by_test_id("table-list").get_by_test_id("state-badge").first.wait_for()

    def open_task(self, task_id: str) -> None:
        """Follow the link in the page of a run."""
        self._page.get_by_role("table").get_by_role("link", name=task_id, exact=True).click()
        self._page.get_by_role("link", name="Logs").wait_for()

    def open_tab(self, name: str, until_it_says: str) -> None:
        """Open one of the views of a task, or of a view."""
        self._page.get_by_role("link", name=name, exact=True).click()
        self._page.get_by_test_id("main-content").get_by_text(until_it_says).first.wait_for()

    def approve(self, run: Run, task_id: str, shows: Iterable[str]) -> None:
        """
        Answer a task that asks for approval, on the page that asks.

        :param shows: What has to stand there.
        """
        self._page.goto(f"{self._home}/{run.path.replace('dagRuns', 'runs')}/tasks/{task_id}/required_actions")
        button = self._page.get_by_role("button", name="Approve")
        button.wait_for(timeout=PATIENCE * 1000)
        for text in (*shows, "price", "100"):
            self._page.get_by_text(text).first.wait_for()
        self.picture("approval")
        button.click()

    def log(self, *says: str, group: str, picture: str) -> str:
        """
        Open a group of lines in a task's log, and return the log as it stands in the page.

        :param says: texts that are waited for, all of them.
        :param group: the heading of the group.
        :param picture: the name of the screenshot.
        """
        self._page.set_viewport_size(TALL)
        lines = self._page.get_by_test_id("virtualized-list")
        self._page.get_by_test_id(f"summary-{group}").click()
        shown = lines
        for text in says:
            shown = shown.filter(has_text=text)
        shown.wait_for()
        log: str = lines.inner_text()
        self.picture(picture)
        self._page.set_viewport_size(WINDOW)
        return log

    def follow_link(self, name: str) -> str:
        """Click on an extra link in the details of a task, and return where that leads."""
        with self._page.context.expect_page() as opened:
            self._page.get_by_role("link", name=name).click()
        opened.value.wait_for_load_state()
        url: str = opened.value.url
        opened.value.close()
        return url

    @staticmethod
    def _settle(part: Locator) -> None:
        """Wait until a part has stopped moving: what can be clicked has."""
        part.click(trial=True)
