"""
Records a run: who asked for what, each request and each answer, and the verdict.

It is side work. Whatever fails in it ends the record, is logged once, and changes nothing else.
"""

from __future__ import annotations

import asyncio
import getpass
import logging
import socket
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow_provider_exchange.errors import ExchangeError
from airflow_provider_exchange.evidence.chain import HASH, Chain, Link
from airflow_provider_exchange.evidence.local import LocalFile
from airflow_provider_exchange.evidence.naming import Part, attempt_name, is_mark, new_mark
from airflow_provider_exchange.evidence.place import Place, place_of
from airflow_provider_exchange.evidence.segments import LATE, Segments
from airflow_provider_exchange.evidence.telling import answer_told, error_told, harmless, request_told
from airflow_provider_exchange.models.reports import Evidence, Origin
from airflow_provider_exchange.protocol.observing import Observer
from airflow_provider_exchange.side_work import PATIENCE, SideLog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from airflow_provider_exchange.exchanges.base import Exchange
    from airflow_provider_exchange.models.reports import CancelReport
    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.protocol.steps import Call

__all__ = ["FORMAT", "Recorder", "record"]

log = SideLog(logging.getLogger(__name__))

GLANCE = 0.02
"""Seconds between two looks at what is kept."""
FORMAT = 1
"""Of the lines; the first one names it."""


class Recorder(Observer):
    """What a run tells of itself; this one records nothing."""

    is_recording = False

    def __init__(self) -> None:
        self.told: list[str] = []
        """What there is to say of the record to a person: its name and last hash, and what is missing where."""

    def warn(self, trouble: str, *values: object) -> None:
        """Say what is missing, here and in the log."""
        self.told.append(trouble % values)
        log.warning(trouble, *values)

    def failed(self, error: Exception) -> None:
        """Say that nothing more is recorded."""
        self.warn("Cannot record evidence (%s); this changes nothing else", type(error).__name__)

    def end(self, report: CancelReport) -> CancelReport:
        """Record the verdict. Return the report with the last hash."""
        return report

    def defer(self) -> dict[str, Any]:
        """Record that another process goes on. Return what that has to be told, as JSON, under ``evidence``."""
        return {}

    def close(self, *, patient: bool = True) -> bool:  # noqa: ARG002
        """
        Wait a moment for the disk and the store that get the lines. Return whether they have them all.

        :param patient: Whether to wait at all; not where another record has waited for the same in vain.
        """
        return True

    async def aclose(self) -> None:
        """Do the same on an event loop, and keep none of its threads: others may need them to begin a cancel."""
        ends_at = time.monotonic() + PATIENCE
        while not self._is_kept() and time.monotonic() < ends_at:  # noqa: ASYNC110  (threads set what is waited for)
            await asyncio.sleep(GLANCE)
        self.close(patient=False)

    def _is_kept(self) -> bool:
        """Whether there is nothing to wait for, once the record has ended."""
        return True

    @contextmanager
    def ending_with_errors(self) -> Iterator[None]:
        """Record the verdict of an error that ends the run, whose report then has the last hash."""
        try:
            yield
        except ExchangeError as error:
            if error.report is not None:
                error.report = self.end(error.report)
            raise


def record(
    evidence: Any,
    exchange: Exchange,
    asked: Mapping[str, Any],
    *,
    origin: Callable[[], Origin] = Origin,
    carried: object = None,
    is_cut_off: bool = False,
    on_loop: bool = False,
) -> Recorder:
    """
    Begin the record of a run.

    :param evidence: Where to keep it; see :func:`.place_of`.
    :param asked: What the run is to do, as JSON.
    :param origin: Tells what in Airflow it is done for.
    :param carried: What :meth:`Recorder.defer` returned under ``evidence``, as it comes from Airflow's database.
    :param is_cut_off: Whether the run goes on in place of one whose end is not known.
    :param on_loop: Whether it is one of many on the event loop of a triggerer. Before Airflow 3.2 no thread there
        may ask Airflow for a connection, so that the lines stay in the local folder.
    """
    try:
        place = place_of(evidence)
        if place is None:
            return Recorder()
        if on_loop and LATE:
            place = Place(place.folder)
        return _Recording(place, exchange, asked, origin(), carried, is_cut_off=is_cut_off)
    except Exception as error:  # noqa: BLE001  (see the module)
        recorder = Recorder()
        recorder.failed(error)
        return recorder


class _Recording(Recorder):
    """
    The record of one process.

    :param place: Where it is kept.
    """

    is_recording = True

    def __init__(
        self,
        place: Place,
        exchange: Exchange,
        asked: Mapping[str, Any],
        origin: Origin,
        carried: object,
        *,
        is_cut_off: bool,
    ) -> None:
        super().__init__()
        self._exchange = exchange
        self._lock = Lock()
        self._failed = self._is_over = False
        self._requests = 0
        self._asked: dict[int, tuple[Call[Any], str]] = {}
        self._responses: dict[int, Response] = {}
        mark, stretch, link = _load(carried) or (new_mark(), 0, Link())
        self._mark, self._stretch = mark, stretch + 1
        self._chain = Chain(link)
        self._name = attempt_name(origin, exchange.conn_id, mark)
        part = Part(self._name, self._stretch, 1)
        self._file = LocalFile(place.folder / part.file)
        self._segments = None if place.store is None else Segments(self._file, place.store, part)
        self._append(
            "asked" if stretch == 0 else "resumed",
            lambda: {
                "format": FORMAT,
                "attempt": self._name,
                "conn_id": exchange.conn_id,
                "exchange": exchange.name,
                "account": exchange.account,
                "asked": harmless(asked, exchange.secrets),
                "origin": origin.dump(),
                "user": _user(),
                "host": socket.gethostname(),
                "cut_off": is_cut_off,
            },
        )

    def sent(self, call: Call[Any], request: Request) -> int:
        """Record a request, by what was asked before it was signed."""
        with self._lock:
            self._requests += 1
            number = self._requests
        self._asked[number] = call, request.url
        self._append("request", lambda: {"number": number, **request_told(call, request, self._exchange.secrets)})
        return number

    def received(self, number: int, response: Response) -> None:
        """Keep an answer until it is known what it means."""
        self._responses[number] = response
        call, _ = self._asked[number]
        if call.mutating and self._segments is not None:
            self._segments.begin()

    def meant(self, number: int, end: object) -> None:
        """Record an answer and what was read from it."""
        (call, url), response = self._asked.pop(number), self._responses.pop(number)
        self._append(
            "answer",
            lambda: {
                "number": number,
                **answer_told(self._exchange, call, urlsplit(url).path, response, end),
            },
        )

    def lost(self, number: int, error: ExchangeError) -> None:
        """Record that no answer came."""
        self._asked.pop(number)
        self._append("no answer", lambda: {"number": number, "error": error_told(error)})

    def end(self, report: CancelReport) -> CancelReport:
        """Record the verdict; see :meth:`Recorder.end`."""
        told = {name: member for name, member in report.dump().items() if name != "evidence"}
        self._finish("verdict", lambda: {"report": told})
        if self._failed:
            return report
        link = self._chain.link
        evidence = Evidence(self._name, link.seq, link.hash)
        self.told.append(evidence.sentence())
        log.info("%s: %s", report.conn_id, evidence.sentence())
        return replace(report, evidence=evidence)

    def defer(self) -> dict[str, Any]:
        """Record that another process goes on; see :meth:`Recorder.defer`."""
        self._finish("deferred", dict)
        if self._failed:
            return {}
        link = self._chain.link
        told = {"mark": self._mark, "stretch": self._stretch, "seq": link.seq, "hash": link.hash}
        return {"evidence": told}

    def _is_kept(self) -> bool:
        """See :meth:`Recorder._is_kept`."""
        self._file.close()
        if self._failed:
            return True
        return self._file.has_all(0) if self._segments is None else self._segments.is_over()

    def close(self, *, patient: bool = True) -> bool:
        """Wait a moment for the disk and the store; see :meth:`Recorder.close`."""
        self._file.close()
        if self._failed:  # that is told
            if self._segments is not None:
                self._segments.end()
            return True
        if self._segments is None:
            has_all, told = (
                self._file.has_all(PATIENCE * patient),
                "The folder does not have all of the evidence yet: %s",
            )
        else:
            has_all, told = (
                self._segments.wait(patient=patient),
                "The store does not have all of the evidence yet; it is in %s",
            )
        if not has_all:
            self.warn(told, self._file.path)
        return has_all

    def _finish(self, kind: str, content: Callable[[], Mapping[str, Any]]) -> None:
        self._append(kind, content, is_last=True)
        self._file.close()
        if self._segments is not None:
            self._segments.end()

    def _append(self, kind: str, content: Callable[[], Mapping[str, Any]], *, is_last: bool = False) -> None:
        with self._lock:
            if self._failed or self._is_over:
                return
            self._is_over = is_last
            try:
                self._file.append(self._chain.line(kind, content(), datetime.now(UTC)))
            except Exception as error:  # noqa: BLE001  (see the module)
                self._failed = True
                self.failed(error)


def _load(carried: object) -> tuple[str, int, Link] | None:
    """Return what a deferral handed on: mark, number of the stretch, and link; None if it cannot be that."""
    if not isinstance(carried, dict):
        return None
    mark, stretch, seq, last = (carried.get(name) for name in ("mark", "stretch", "seq", "hash"))
    if not (type(stretch) is type(seq) is int and stretch > 0 and seq > 0):
        return None
    if not (is_mark(mark) and isinstance(last, str) and HASH.fullmatch(last)):
        return None
    return str(mark), stretch, Link(seq, last)


def _user() -> str:
    with suppress(Exception):  # the user of a container may have no name
        return getpass.getuser()
    return ""
