"""
A venue that answers an operation with what was recorded, whatever requests the adapter makes for it.

An answer is found by what is asked, so that an adapter may ask in several parts, or ask for something beside.
Which requests an operation makes is a fact of the venue: ``requests``, ``beside`` and ``also`` in
``answers/<venue>.json``. A request is written as method and path, and with the parameters that tell it from others
where path alone does not, be they in the query or in the body: ``GET /v1/orders?kind=stop``.
"""

from __future__ import annotations

import json
from collections import Counter
from copy import deepcopy
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.stepping import stepped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from airflow_provider_exchange.models.orders import OrderRef
    from airflow_provider_exchange.protocol.messages import Request, Response
    from airflow_provider_exchange.protocol.steps import Operation
    from tests.exchanges.evidence import Evidence
    from tests.stepping import Asked

__all__ = ["Replay", "names_in"]


class Replay:
    """
    One operation and the answer to it.

    :param venue: whose adapter it is.
    :param name: of the operation.
    :param operation: what to run, once.
    :param refs: the orders that it is about.
    :param response: what its requests are answered with; None where a test ends before that.
    :param again: whether a request may be made again, as after an error.
    :param to: the requests that get the answer; those of the operation by the venue's facts when empty.
    :param also: what requests beside are answered with, where it is otherwise than by the venue's facts.
    """

    def __init__(
        self,
        venue: Evidence,
        name: str,
        operation: Operation[Any],
        refs: Sequence[OrderRef] = (),
        response: Response | None = None,
        *,
        again: bool = False,
        to: Sequence[str] = (),
        also: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.name = name
        self.asked: list[Asked] = []
        self._venue = venue
        self._refs = refs
        self._response = response
        self._again = again
        self._steps = stepped(operation, self._answer)
        names = {"order_id": refs[0].order_id, "symbol": refs[0].symbol} if refs else {}
        self._own = Counter(line.format(**names) for line in to or venue.facts["requests"][name])
        beside = {**venue.facts.get("also", {}), **also}
        self._also = {line.format(**names) if names else line: file for line, file in beside.items()}
        self._answered: Counter[str] = Counter()

    def run(self) -> Any:
        """Return the operation's result. It has to make each of its requests, and none that was not recorded."""
        while True:
            try:
                self.asked.append(next(self._steps))
            except StopIteration as done:
                assert self._answered >= self._own, f"{self._own - self._answered} was not asked"
                return done.value

    def own_call(self) -> Asked:
        """Return the first call that is not made beside, else the first of all, and go no further."""
        first = found = next(self._steps)
        while not self._is_own(found.request):
            try:
                found = next(self._steps)
            except StopIteration:
                return first
        self._steps.close()
        return found

    def change(self) -> Asked:
        """Return the first call that changes something, and go no further."""
        return self._first(lambda asked: asked.call.mutating)

    def _first(self, is_meant: Callable[[Asked], bool]) -> Asked:
        found = next(asked for asked in self._steps if is_meant(asked))
        self._steps.close()
        return found

    def _answer(self, request: Request) -> Response:
        found = self.find(request)
        assert found is not None, f"nothing is recorded for {request.method} {request.url}"
        return found

    def find(self, request: Request) -> Response | None:
        """Return what the venue answers to a request, or None if the operation has no business to make it."""
        line = self._own_line(request)
        if line is not None:
            self._answered[line] += 1
            assert self._again or self._answered[line] <= self._own[line], "more was asked than was answered"
            assert self._response is not None
            return self._response
        return self._beside(request)

    def _is_own(self, request: Request) -> bool:
        return self._own_line(request) is not None or self._beside(request) is None

    def _own_line(self, request: Request) -> str | None:
        return next((line for line in self._own if _is_meant_by(line, request)), None)

    def _beside(self, request: Request) -> Response | None:
        """Return the answer to another operation that may be asked for beside, with this one's market in it."""
        file = next((file for line, file in self._also.items() if _is_meant_by(line, request)), None)
        if file is not None:
            return self._venue.answer(file).response
        beside: dict[str, Sequence[str | int]] = self._venue.facts.get("beside", {})
        requests: dict[str, list[str]] = self._venue.facts["requests"]
        operation = next(
            (name for name in beside if any(_is_meant_by(line, request) for line in requests[name])), None
        )
        if operation is None:
            return None
        recorded, place = self._venue.recorded(operation), beside[operation]
        if not self._refs or self._refs[0].symbol is None:
            return recorded.response
        body = deepcopy(recorded.document["body"])
        container = body
        for key in place[:-1]:
            container = container[key]
        container[place[-1]] = self._refs[0].symbol
        return recorded.with_body(body)


def _is_meant_by(line: str, request: Request) -> bool:
    """Whether a line of the facts stands for a request: the same path, and among others the same parameters."""
    path, _, query = line.partition("?")
    parts = urlsplit(request.url)
    asked = {*parse_qsl(parts.query, keep_blank_values=True), *_posted(request.body)}
    return path == f"{request.method} {unquote(parts.path)}" and set(parse_qsl(query)) <= asked


def _posted(body: bytes | None) -> list[tuple[str, str]]:
    """Return the fields of a body, a JSON object or a form, that are texts or numbers."""
    try:
        sent = json.loads(body or b"{}")
    except ValueError:
        return parse_qsl((body or b"").decode(), keep_blank_values=True)
    told = sent.items() if isinstance(sent, dict) else ()
    return [(name, str(value)) for name, value in told if isinstance(value, str | int)]


def names_in(request: Request) -> list[tuple[str, str]]:
    """Return everything in a request that may name something, and the key that it stands under."""
    url = urlsplit(request.url)
    found = [("path", unquote(segment)) for segment in url.path.split("/")]
    waiting: list[tuple[str, Any]] = parse_qsl(url.query, keep_blank_values=True)
    waiting += [("body", said_in(request.body))] if request.body else []
    while waiting:
        name, value = waiting.pop(0)
        if isinstance(value, dict):
            found += [("key", key) for key in value]
            waiting += value.items()
        elif isinstance(value, list):
            waiting += [(name, part) for part in value]
        elif isinstance(value, str) and value.startswith("["):
            waiting.append((name, json.loads(value)))
        else:
            found += [(name, part) for part in str(value).split(",")]
    return found


def said_in(body: bytes) -> Any:
    """Return what a body says, which is JSON or a form."""
    try:
        return json.loads(body)
    except ValueError:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))
