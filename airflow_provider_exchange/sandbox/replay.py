"""
Answers requests with what a venue answered during a check; see ``airflow exchange check --transcript``.

A request gets the answer of the recorded request with the same method and path whose parameters are most alike:
each answer once, and then the last one again. Keys and signatures are not looked at. Where the venue gave no
answer, the connection is dropped. Clocks go on: an answer that was dated 3 s ahead is so again.
"""

from __future__ import annotations

import json
import re
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from statistics import median
from time import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from aiohttp import web

from airflow_provider_exchange.sandbox.accounts import Accounts
from airflow_provider_exchange.sandbox.server import Listener, dropped
from airflow_provider_exchange.sandbox.venues import VENUES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow_provider_exchange.sandbox.venue import AnyVenue

__all__ = ["Recording", "ReplayServer"]

FORMAT = 1
"""The form of a transcript that is understood here."""
LOGIN = "(the login)"
"""Stands in a transcript for the API key, where an answer repeats it."""
CUT_OFF = 0.5
"""Seconds that a date lacks on average, as it is cut down to whole ones. It is cut down again when it is sent."""
ONE_CLOCK = 1.5
"""Seconds: dates that are no further apart may be of one clock, as they are rounded."""
LATEST_TIME = 4_102_444_800_000
"""The year 2100 in ms; a larger number is no time."""
TIME = re.compile(r"[0-9]{13}", re.ASCII)
"""The text of a time in ms."""
EARLIEST_TIME = 1_420_070_400_000
"""The year 2015 in ms; a smaller number is no time."""


class Recording:
    """
    A transcript.

    :param document: As :func:`.transcript` wrote it, decoded.
    :param venues: The paper venues, for the account that a replay is asked with.
    :raises ValueError: for anything else, and for a venue that is not among them.
    """

    def __init__(self, document: Any, venues: Iterable[type[AnyVenue]] = VENUES) -> None:
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise ValueError(f"this is no transcript of a check in format {FORMAT}")
        self._conn_type = str(document.get("venue"))
        self._extra: Mapping[str, Any] = document.get("extra", {})
        self.venue = str(self._extra.get("exchange", self._conn_type))
        self.options: Mapping[str, Any] = document.get("options", {})
        self._accounts = Accounts(venues)
        self._recorded: list[dict[str, Any]] = document["exchanges"]
        self._used: set[int] = set()
        dated = [ahead for each in self._recorded if (ahead := _ahead(each)) is not None]
        self._ahead = median(dated) if dated else 0.0
        try:
            self._login = self.connection("")["login"]
        except KeyError:
            raise ValueError(f"no venue here is called {self.venue!r}") from None

    @classmethod
    def of(cls, file: str | Path, venues: Iterable[type[AnyVenue]] = VENUES) -> Recording:
        """Read a transcript from a file."""
        return cls(json.loads(Path(file).read_text(encoding="utf-8")), venues)

    def connection(self, base_url: str) -> dict[str, Any]:
        """Return the fields of a connection to the replay; its account is the venue's public paper account."""
        fields = self._accounts.connection(self.venue, base_url)
        extra = {**fields.get("extra", {}), **self._extra}
        return {**fields, "conn_type": self._conn_type, **({"extra": extra} if extra else {})}

    def find(self, method: str, target: str, body: bytes = b"") -> dict[str, Any] | None:
        """
        Return what was recorded for a request, and take note that it was used; None if nothing was.

        :param target: Path and query as they stand in the request line.
        """
        path, _, query = target.partition("?")
        asked = {*parse_qsl(query, keep_blank_values=True), *_posted(body)}
        alike: dict[int, list[int]] = {}
        for number, each in enumerate(self._recorded):
            if each["method"] == method and unquote(each["path"]) == unquote(path):
                alike.setdefault(len(asked & set(each["query"].items())), []).append(number)
        if not alike:
            return None
        best = alike[max(alike)]
        found = next((number for number in best if number not in self._used), best[-1])
        self._used.add(found)
        return self._recorded[found]

    def body(self, recorded: Mapping[str, Any]) -> bytes:
        """Return the body of a recorded answer, as of now."""
        if "body" not in recorded:
            return b"x" * int(recorded.get("bytes", 0))
        elapsed = round((time() - recorded["sent_at"]) * 1000) if recorded["purpose"] == "clock" else 0
        return json.dumps(self._now(recorded["body"], elapsed), separators=(",", ":")).encode()

    def _now(self, value: Any, elapsed: int) -> Any:
        """Return a value with the replay's login, and with times that have gone on."""
        if isinstance(value, dict):
            return {name: self._now(member, elapsed) for name, member in value.items()}
        if isinstance(value, list):
            return [self._now(member, elapsed) for member in value]
        if value == LOGIN:
            return self._login
        if type(value) is int:
            return value + elapsed if EARLIEST_TIME <= value <= LATEST_TIME else value
        is_text_of_a_time = isinstance(value, str) and TIME.fullmatch(value)
        return str(self._now(int(value), elapsed)) if is_text_of_a_time else value

    def headers(self, recorded: Mapping[str, Any]) -> dict[str, str]:
        """
        Return the headers of a recorded answer, with a ``Date`` that has gone on.

        Dates are rounded to whole seconds. So all answers of one clock are dated by that clock, or a replay would
        set it back now and then, and look as if a cache had answered.
        """
        headers = {name: str(text) for name, text in recorded["headers"].items() if name != "content-type"}
        ahead = _ahead(recorded)
        if ahead is not None:
            differs = ahead - self._ahead
            by_another = round(differs) if abs(differs) >= ONE_CLOCK else 0
            headers["date"] = formatdate(time() + self._ahead + by_another, usegmt=True)
        return headers


def _posted(body: bytes) -> list[tuple[str, str]]:
    """Return the fields of a JSON object that are texts or numbers."""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return []
    told = sent.items() if isinstance(sent, dict) else ()
    return [(name, str(value)) for name, value in told if isinstance(value, str | int)]


def _ahead(recorded: Mapping[str, Any]) -> float | None:
    """Return by how many seconds the ``Date`` of an answer was ahead of its request; None without one."""
    try:
        date = parsedate_to_datetime(recorded["headers"]["date"])
    except (KeyError, ValueError, TypeError):
        return None
    return float(date.timestamp() + CUT_OFF - recorded["sent_at"])


class ReplayServer(Listener):
    """
    Serves a recording on a port of this machine.

    :param port: 0 for any free one.
    """

    def __init__(self, recording: Recording, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(host, port)
        self.recording = recording

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        recorded = self.recording.find(request.method, request.raw_path, await request.read())
        if recorded is None:
            return web.json_response({"error": "nothing like this was recorded"}, status=501)
        if recorded["seconds"] is None:
            return dropped(request)
        return web.Response(
            body=self.recording.body(recorded),
            status=recorded["status"],
            headers=self.recording.headers(recorded),
            content_type="application/json",
        )
