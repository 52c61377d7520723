"""The paper OKX's "Cancel All After": a countdown for the whole account, and one for each tag of orders."""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.book import PaperOrder, State
from airflow_provider_exchange.sandbox.okx.answers import Row, listed
from airflow_provider_exchange.sandbox.okx.errors import refused
from airflow_provider_exchange.sandbox.protocol import Answer, ReceivedRequest, Route, route

if TYPE_CHECKING:
    from airflow_provider_exchange.sandbox.okx.venue import PaperOkx

MOST_TAGS = 20
SHORTEST, LONGEST = 10, 120
"""In seconds."""

_TAG = re.compile("[A-Za-z0-9]{0,16}")


class CancelAllAfter:
    """
    Handles the call that sets a countdown, which reaches ordinary orders alone.

    :param home: the venue.
    """

    def __init__(self, home: PaperOkx) -> None:
        self._home = home
        self._book = home.book

    def routes(self) -> list[Route]:
        """Return the route of this call."""
        return [route("cancel_all_after", "POST", "/api/v5/trade/cancel-all-after", self.set, mutating=True)]

    def set(self, request: ReceivedRequest) -> Answer:
        """``POST /trade/cancel-all-after``: ``timeOut`` in seconds, 0 to stop it, and maybe a ``tag``."""
        asked: Row = self._home.body_of(request, dict)
        seconds, tag = _seconds(asked), asked.get("tag", "")
        if not isinstance(tag, str) or not _TAG.fullmatch(tag):
            raise refused("51000", "tag")
        countdowns = self._book.countdowns
        self._book.live()  # lets those end that are over
        if tag and seconds and tag not in countdowns and sum(map(bool, countdowns)) >= MOST_TAGS:
            raise refused("51071")
        if seconds:
            ends_ms = request.now_ms - request.behaviour.skew_ms + seconds * 1000
            countdowns.start(tag, ends_ms, lambda order: _cancelled(order, tag, ends_ms))
        else:
            countdowns.stop(tag)
        unit = 1000 if self._home.settings.countdown_times == "seconds" else 1
        triggers = (request.now_ms + seconds * 1000) // unit if seconds else 0
        return listed([{"triggerTime": str(triggers), "tag": tag, "ts": str(request.now_ms // unit)}])


def _seconds(asked: Row) -> int:
    value = asked.get("timeOut")
    if value in (None, ""):
        raise refused("50014", "timeOut")
    text = str(value)
    if not text.isascii() or not text.isdecimal() or not (int(text) == 0 or SHORTEST <= int(text) <= LONGEST):
        raise refused("51000", "timeOut")
    return int(text)


def _cancelled(order: PaperOrder, tag: str, ends_ms: int) -> PaperOrder:
    if tag not in ("", order.details.get("tag", "")):
        return order
    reason = {"cancelSource": "20", "cancelSourceReason": "Cancel all after triggered"}
    details = MappingProxyType({**order.details, **reason})
    return replace(order, state=State.CANCELLED, updated_ms=ends_ms, details=details)
