"""Reads the page as a browser without scripts does: its text, what it loads, and its forms with their buttons."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import requests

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.testing import RunningSandbox


@dataclass
class Form:
    fields: dict[str, str] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By id: name and value."""


class Page(HTMLParser):
    """
    :param html: of the page.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.forms: list[Form] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self._select = ""
        self.feed(html)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.ids += [known["id"]] if "id" in known else []
        match tag:
            case "form":
                self.forms.append(Form())
            case "input":
                self.forms[-1].fields[known["name"]] = known.get("value", "")
            case "select":
                self._select = known["name"]
            case "option" if "value" in known:
                self.forms[-1].options.setdefault(self._select, []).append(known["value"])
            case "button" if "name" in known:
                self.forms[-1].buttons[known["id"]] = known["name"], known["value"]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def look(sandbox: RunningSandbox) -> Page:
    response = requests.get(f"{sandbox.base_url}/", timeout=10)
    assert response.status_code == 200, response.text
    return Page(response.text)


def press(sandbox: RunningSandbox, button: str, **typed: str) -> requests.Response:
    """
    Press a button that the page has, and follow where that leads.

    :param button: its id.
    :param typed: what is entered or chosen in its form.
    """
    (form,) = [form for form in look(sandbox).forms if button in form.buttons]
    chosen = {name: values[0] for name, values in form.options.items()}
    name, value = form.buttons[button]
    return post(sandbox, {**form.fields, **chosen, **typed, name: value})


def post(sandbox: RunningSandbox, fields: dict[str, str]) -> requests.Response:
    headers = {"Origin": sandbox.base_url}
    return requests.post(f"{sandbox.base_url}/", fields, headers=headers, timeout=10)
