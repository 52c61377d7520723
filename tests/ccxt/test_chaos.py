"""A slice of the random runs over the foreign adapter; ``python -m tests.chaos --adapter foreign`` plays more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.errors import ExchangeError
from tests.chaos.judge import violations
from tests.chaos.play import play
from tests.chaos.scenario import SLOW, draw
from tests.chaos.verdict import play_one
from tests.foreign import adapter, calls, stepping

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from airflow_provider_exchange.protocol.steps import Operation

SEED = 20261130
SLICE = 84
TRIED = 600


@pytest.mark.parametrize("part", range(2))
def test_no_law_is_broken(part: int) -> None:
    verdicts = [play_one(SEED, number, "foreign") for number in range(part, SLICE, 2)]
    broken = {verdict.number: verdict.violations for verdict in verdicts if verdict.violations}
    assert not broken, (
        f"see python -m tests.chaos --adapter foreign --seed {SEED} --run {next(iter(broken))}: {broken}"
    )
    assert any(verdict.ending == "success" for verdict in verdicts)
    assert any(verdict.deferrals for verdict in verdicts)


@pytest.fixture(autouse=True)
def short_flatness() -> None:
    """Leave ``flat_for`` as a scenario has it: an empty list may last for nearly as long."""


def let_the_library_handle_errors(patch: pytest.MonkeyPatch) -> None:
    """
    What goes wrong is thrown into the library, which swallows it, and its word is taken for the venue's.

    A read is repeated for some time, so what reaches the library is that it has failed for long. Two reads agree on
    that where the venue goes on failing.
    """

    def trusting(
        coroutine: Coroutine[Any, Any, Any], _permitted: object, explain: Callable[[Exception], ExchangeError]
    ) -> Operation[Any]:
        step = stepping._advance(coroutine, None)
        try:
            while True:
                if isinstance(step, Exception):
                    raise explain(step)
                try:
                    answer = yield step
                except Exception as error:  # noqa: BLE001
                    step = coroutine.throw(error)
                else:
                    step = stepping._advance(coroutine, answer)
        except StopIteration as done:
            return done.value
        finally:
            coroutine.close()

    def shown(self: adapter.Foreign, use: Any, needed: Any, symbol: Any = None, change: Any = None) -> Any:
        client = calls.SteppedClient(self, self._config)
        client.markets = self._known_markets(symbol)
        yield from trusting(use(client), None, calls.explained)
        adapter.shared_markets[self._config["base_url"]] = client.markets or {}
        return [answer for answer in client.answers if answer.route == needed]

    patch.setattr(adapter.Foreign, "_ask", shown)
    patch.setattr(adapter, "shared_markets", {})  # which no later run on the same port must find


def take_what_is_missing_for_nothing(patch: pytest.MonkeyPatch) -> None:
    """An answer that cannot be read is taken for an empty list, as the library does."""
    read = calls.READERS[calls.OPEN]
    patch.setattr(adapter, "shared_markets", {})  # as above

    def lenient(*args: Any) -> calls.Answer:
        try:
            return read(*args)
        except ExchangeError:
            return calls.Answer(calls.OPEN, {})

    patch.setattr(calls, "READERS", {**calls.READERS, calls.OPEN: lenient})
    patch.setattr(calls, "decoded", lambda call, response: _decoded_or_nothing(call, response))


def _decoded_or_nothing(call: Any, response: Any, decoded: Any = calls.decoded) -> Any:
    try:
        return decoded(call, response)
    except ExchangeError:
        if call.route == calls.OPEN:
            return {}
        raise


@pytest.mark.parametrize("plant", [let_the_library_handle_errors, take_what_is_missing_for_nothing])
def test_an_adapter_that_trusts_the_library_is_found_out(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    quick = (draw(SEED, number, "foreign") for number in range(TRIED))
    runs = (scenario for scenario in quick if not {rule.kind for rule in scenario.faults} & SLOW)
    assert any("false success" in {law for law, _ in violations(play(scenario))} for scenario in runs)
