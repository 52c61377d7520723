"""
What is known of each adapter's venue beside its code, all of it data: ``tests/answers/<venue>.json`` and the folder
beside that file.

``docs/adding-an-exchange.md`` tells what these files hold. The tests in this folder run over :data:`EVIDENCE`.
"""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from pkgutil import resolve_name
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.exchanges import EXCHANGES
from airflow_provider_exchange.exchanges.http import HttpExchange
from airflow_provider_exchange.exchanges.settings import ConnectionSettings
from airflow_provider_exchange.get_provider_info import VENUES, Venue
from airflow_provider_exchange.models.orders import OrderRef
from airflow_provider_exchange.sandbox.venues import VENUES as PAPER_VENUES
from tests.accounts import THROUGH_CCXT, paper
from tests.exchanges.answer import Answer
from tests.exchanges.replay import Replay
from tests.fourth_venue import entries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from airflow_provider_exchange.exchanges.base import Cancellation, Exchange
    from airflow_provider_exchange.protocol.messages import Response
    from airflow_provider_exchange.protocol.steps import Operation
    from airflow_provider_exchange.sandbox.venue import AnyVenue
    from tests.stepping import Asked

TESTS = Path(__file__).parents[1]

OPERATIONS = {
    *("list_open", "read_order", "read_ended", "cancel_one", "cancel_several", "probe", "markets", "server_time")
}
"""What the port offers, by the names of the methods."""


class Evidence:
    """
    One adapter.

    :param name: the type of its connections, or one of :data:`tests.accounts.THROUGH_CCXT`.
    :param path: its import path.
    :param declared: what Airflow is told of it.
    :param paper: its venue at the paper exchange.
    :param stems: where its evidence is: the facts are in ``<stem>.json``, the recorded answers in ``<stem>/``. Of
        several, the later ones hold what differs from those before.
    """

    def __init__(self, name: str, path: str, declared: Venue, paper: type[AnyVenue], *stems: Path) -> None:
        self.name = name
        self.path = path
        self.declared = declared
        self.paper = paper
        self.kind: type[Exchange] = resolve_name(path)
        self.facts: dict[str, Any] = {}
        files: dict[str, Path] = {}
        for stem in stems:
            self.facts |= json.loads(stem.with_suffix(".json").read_text())
            files |= {file.stem: file for file in stem.glob("*.json")}
        self.answers = [Answer(self, file, json.loads(files[file].read_text())) for file in sorted(files)]
        """Every recorded answer."""
        self._vectors = stems[-1].parents[1] / "vectors" / f"{name}.json"

    @cached_property
    def vectors(self) -> dict[str, Any]:
        """Requests and signatures of an adapter that composes HTTP itself: ``vectors/<name>.json``."""
        vectors: dict[str, Any] = json.loads(self._vectors.read_text())
        return vectors

    @property
    def conn_type(self) -> str:
        """The type of its connections."""
        return "ccxt" if self.name in THROUGH_CCXT else self.name

    def register(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Enter the venue into the package's registries for one test; those of the package are there already."""
        monkeypatch.setitem(EXCHANGES, self.conn_type, self.path)
        monkeypatch.setitem(VENUES, self.conn_type, self.declared)

    @cached_property
    def exchange(self) -> Exchange:
        """The adapter, made from the sample connection."""
        return self.made_with()

    def made_with(self, **changes: Any) -> Exchange:
        """Return an adapter, made from the sample connection with other fields."""
        fields = {"conn_type": self.conn_type, **self.facts["connection"], **changes}
        return self.kind.from_settings(ConnectionSettings("sample", **fields))

    @property
    def secrets(self) -> list[str]:
        """What must be seen nowhere."""
        connection = self.facts["connection"]
        return [connection["login"], connection["password"].removeprefix("0x")]

    @property
    def ref(self) -> OrderRef:
        """An order that the venue may well have."""
        return OrderRef(**self.facts["order"])

    @property
    def symbols(self) -> list[str]:
        """Markets in canonical spelling, each once."""
        return list(dict.fromkeys(canonical for _, canonical in self.facts["symbols"]["good"]))

    def refs(self, count: int) -> list[OrderRef]:
        """Return references to as many orders of one market."""
        return [OrderRef(self.facts["numbered"].format(n), self.symbols[0]) for n in range(1, count + 1)]

    @property
    def offered(self) -> set[str]:
        """What the adapter offers of :data:`OPERATIONS`."""
        has_batches = any(cancel.is_batch for cancel in self.exchange.cancel_several(self.refs(2), {}))
        left_out = set() if has_batches else {"cancel_several"}
        return OPERATIONS - left_out - (set() if self.exchange.server_time() else {"server_time"})

    def recorded(self, name: str) -> Answer:
        """Return an answer that is a success, after which nothing more is asked."""
        return next(
            answer
            for answer in self.answers
            if answer.answers == name and answer.is_usual and answer.is_whole and not answer.is_error
        )

    def answer(self, name: str) -> Answer:
        """Return the answer of a file."""
        return next(answer for answer in self.answers if answer.name == name)

    def undocumented_states(self) -> list[Any]:
        """Return words for states that are like the documented ones and are not among them."""
        told = [(word, shown) for word, _, *shown in self.facts["states"] if isinstance(word, dict)]
        words = [word for word, *_ in self.facts["states"] if not isinstance(word, dict)]
        if not words:
            return []
        if isinstance(words[0], int):
            return [number for number in range(min(words) - 3, max(words) + 50) if number not in words] + [10**9]
        words += [shown[0] for _, shown in told]
        near = [f"{word}{ending}" for word in words for ending in ("_", " ", "ED", "\u0130")]
        odd = [*near, *(word[:-1] for word in words), "", " ", "SOMETHING_NEW", "é" * 300]
        # The last of several fields has the word that is shown.
        return odd + [{**fields, next(reversed(fields)): word} for fields, _ in told[:1] for word in odd]

    def replay(
        self,
        name: str,
        refs: Sequence[OrderRef] = (),
        response: Response | None = None,
        *,
        again: bool = False,
        to: Sequence[str] = (),
        also: Mapping[str, str] = MappingProxyType({}),
        **options: Any,
    ) -> Replay:
        """Return an operation with the answer to it; see :class:`Replay`."""
        # One that has seen no order yet; ccxt's objects take long to make, and remember none.
        exchange = self.made_with() if issubclass(self.kind, HttpExchange) else self.exchange
        operation = operation_of(exchange, name, refs, **options)
        return Replay(self, name, operation, refs, response, again=again, to=to, also=also)

    def change(self, cancellation: Cancellation) -> Asked:
        """Return the call of a cancel that changes something."""
        name = "cancel_several" if cancellation.is_batch else "cancel_one"
        return Replay(self, name, cancellation.operation, cancellation.orders).change()

    def single_cancel(self, ref: OrderRef | None = None, **options: Any) -> Asked:
        """Return the call that cancels one order."""
        return self.replay("cancel_one", [ref or self.ref], **options).change()


def operation_of(exchange: Exchange, name: str, refs: Sequence[OrderRef], **options: Any) -> Operation[Any]:
    """
    Return an operation by its name.

    :param exchange: whose it is.
    :param name: of the method.
    :param refs: the orders that it is about.
    :param options: those of a cancel.
    """
    match name:
        case "read_order":
            (ref,) = refs
            return exchange.read_order(ref)
        case "read_ended":
            return exchange.read_ended(refs, None)
        case "cancel_one":
            (ref,) = refs
            cancellation = exchange.cancel_one(ref, options)
            assert cancellation is not None
            return cancellation.operation
        case "cancel_several":
            (cancellation,) = exchange.cancel_several(refs, options)
            return cancellation.operation
    operation: Operation[Any] = getattr(exchange, name)()
    return operation


PAPER = {each.name: each for each in PAPER_VENUES}

EVIDENCE: dict[str, Evidence] = (
    {
        name: Evidence(name, path, VENUES[name], PAPER[name], TESTS / "answers" / name)
        for name, path in EXCHANGES.items()
        if name in PAPER
    }
    | {
        name: Evidence(name, EXCHANGES["ccxt"], VENUES["ccxt"], PAPER[paper(name)], TESTS / "answers" / name)
        for name in THROUGH_CCXT
        if (TESTS / "answers" / f"{name}.json").exists()
    }
    | {
        "harbor": Evidence(
            "harbor",
            entries.EXCHANGE,
            entries.PROVIDER_INFO,
            entries.PAPER_VENUE,
            TESTS / "fourth_venue" / "answers" / "harbor",
        ),
    }
)
"""Every adapter: those of the registry, and one that only the tests have, of a made-up venue."""

ANSWERS: list[Answer] = [answer for venue in EVIDENCE.values() for answer in venue.answers]

each_venue = pytest.mark.parametrize("venue", EVIDENCE.values(), ids=EVIDENCE)

HTTP = {name: venue for name, venue in EVIDENCE.items() if issubclass(venue.kind, HttpExchange)}
"""Those whose adapters compose and read HTTP themselves."""

each_http_venue = pytest.mark.parametrize("venue", HTTP.values(), ids=HTTP)


def each_answer(*answers: str, **traits: bool) -> pytest.MarkDecorator:
    """
    Run a test over recorded answers.

    :param answers: only those of these operations; all when empty.
    :param traits: properties of :class:`Answer` that they have or lack.
    """
    chosen = [
        answer
        for answer in ANSWERS
        if (not answers or answer.answers in answers)
        and all(getattr(answer, name) == value for name, value in traits.items())
    ]
    return pytest.mark.parametrize("answer", chosen, ids=str)
