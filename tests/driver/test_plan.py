"""What is repeated, what never is, and when it ends: plans stepped by hand, without any I/O."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_exchange.driver.effects import Plan, Send, Sleep
from airflow_provider_exchange.driver.plan import Planner
from airflow_provider_exchange.driver.run import LONGEST_BACKOFF, SHORTEST_TIMEOUT, backoff
from airflow_provider_exchange.errors import (
    AuthenticationError,
    ClockSkewError,
    ExchangeError,
    ExchangeUnavailableError,
    PermissionDeniedError,
    RateLimitedError,
    RequestRefusedError,
    UnreadableResponseError,
)
from airflow_provider_exchange.exchanges.bitopro import BitoPro
from airflow_provider_exchange.protocol.messages import Response
from airflow_provider_exchange.protocol.steps import DeadlineReached, Operation, Pause, ask, briefly, repeating
from tests.driver.test_clock import SetClock, dated

if TYPE_CHECKING:
    from collections.abc import Callable

OK = Response(200, {}, b'{"answer": 7}')
Answer = Response | ExchangeError


def answer(data: Any) -> int:
    value: int = data["answer"]
    return value


BITOPRO = BitoPro("https://api.example", "k", "s", "me@example.com")
READ = BITOPRO.reading("/read", answer, "read")
CANCEL = BITOPRO.changing("DELETE", "/cancel", answer, "cancel", {})


class Bench:
    """Runs a plan on prepared answers; time passes by sleeps alone."""

    def __init__(self, **kwargs: Any) -> None:
        self.clock = SetClock()
        self.planner = Planner(BITOPRO.name, BITOPRO.limits, request_timeout=10, clock=self.clock, **kwargs)
        self.sent: list[Send] = []
        self.slept: list[float] = []

    def run(
        self, operation: Operation[Any], answers: Callable[[int], Answer], timeout: float = 60, **how: Any
    ) -> Any:
        plan: Plan[Any] = self.planner.plan(operation, timeout, **how)
        effect = next(plan)
        try:
            while True:
                if isinstance(effect, Sleep):
                    self.slept.append(effect.seconds)
                    self.clock.now += effect.seconds
                    effect = plan.send(None)
                    continue
                assert isinstance(effect, Send)
                self.sent.append(effect)
                reply = answers(len(self.sent))
                effect = plan.throw(reply) if isinstance(reply, ExchangeError) else plan.send(reply)
        except StopIteration as done:
            return done.value


def after(*troubles: Answer) -> Callable[[int], Answer]:
    return lambda number: troubles[number - 1] if number <= len(troubles) else OK


@pytest.mark.parametrize(
    "trouble",
    [
        ExchangeUnavailableError("gone"),
        UnreadableResponseError("what"),
        Response(503, {}, b""),
        Response(200, {}, b"<html>"),
        Response(429, {}, b""),
        Response(409, {}, b'{"error": "Conflict"}'),
    ],
)
def test_a_read_is_repeated(trouble: Answer) -> None:
    bench = Bench()
    assert bench.run(ask(READ), after(trouble, trouble, trouble)) == 7
    assert len(bench.sent) == 4
    assert len({send.request.headers["X-BITOPRO-PAYLOAD"] for send in bench.sent}) == 4, "each is signed anew"


@pytest.mark.parametrize(
    "trouble", [ExchangeUnavailableError("gone"), Response(503, {}, b""), Response(429, {}, b"")]
)
def test_a_cancel_is_not(trouble: Answer) -> None:
    bench = Bench()
    with pytest.raises(ExchangeError):
        bench.run(ask(CANCEL), after(trouble))
    assert len(bench.sent) == 1


def test_a_read_is_not_repeated_where_that_is_not_wanted() -> None:
    bench = Bench()
    with pytest.raises(ExchangeUnavailableError):
        bench.run(ask(READ), after(ExchangeUnavailableError("gone")), repeat_reads=False)
    assert len(bench.sent) == 1


def with_an_aside(seconds: float = 5) -> Operation[tuple[Any, int]]:
    """Read something briefly, and then something that matters."""
    try:
        aside: Any = yield from briefly(ask(READ), seconds)
    except ExchangeError as error:
        aside = error
    return aside, (yield from ask(READ))


def test_what_is_read_briefly_is_an_operation_like_others() -> None:
    assert Bench().run(with_an_aside(), after()) == (7, 7)


@pytest.mark.parametrize(
    "trouble", [ExchangeUnavailableError("gone"), Response(503, {}, b""), Response(401, {}, b"{}")]
)
def test_what_is_read_briefly_is_read_once(trouble: Answer) -> None:
    bench = Bench()
    aside, result = bench.run(with_an_aside(), after(trouble, ExchangeUnavailableError("gone")))
    assert isinstance(aside, ExchangeError)
    assert aside.exchange == "bitopro"
    assert result == 7, "the reads around it are still repeated"
    assert len(bench.sent) == 3


def test_what_is_read_briefly_has_a_time_of_its_own() -> None:
    bench = Bench()
    bench.planner.hold(20)
    aside, result = bench.run(with_an_aside(seconds=5), after(), timeout=60)
    assert isinstance(aside, ExchangeUnavailableError)
    assert (bench.slept[0], result, len(bench.sent)) == (5, 7, 1)
    bench = Bench()
    bench.run(with_an_aside(seconds=5), after())
    assert [send.timeout for send in bench.sent] == [5, 10]


def test_what_is_read_briefly_ends_with_the_operation_around_it() -> None:
    bench = Bench()
    bench.planner.hold(20)

    def operation() -> Operation[str]:
        with pytest.raises(ExchangeUnavailableError, match="no result within 2 s"):
            yield from briefly(ask(READ), 5)
        with pytest.raises(ExchangeUnavailableError, match="no result within 0 s"):
            yield from briefly(ask(READ), 5)
        return "done"

    assert bench.run(operation(), after(), timeout=2) == "done"
    assert bench.sent == []
    assert sum(bench.slept) == 2


REFUSALS: dict[type[ExchangeError], Response] = {
    AuthenticationError: Response(401, {}, b'{"error": "Invalid Signature"}'),
    PermissionDeniedError: Response(403, {}, b'{"error": "Forbidden"}'),
    RequestRefusedError: Response(400, {}, b'{"error": "no"}'),
}


@pytest.mark.parametrize("kind", REFUSALS)
@pytest.mark.parametrize("is_brief", [False, True])
def test_a_permanent_refusal_of_a_read_is_believed_when_it_comes_twice(
    kind: type[ExchangeError], is_brief: bool
) -> None:
    def read() -> Operation[int]:
        return briefly(ask(READ), 5) if is_brief else ask(READ)

    bench = Bench()
    with pytest.raises(kind):
        bench.run(read(), lambda _: REFUSALS[kind])
    assert len(bench.sent) == 2
    bench = Bench()
    assert bench.run(read(), after(REFUSALS[kind])) == 7


def test_a_read_is_repeated_for_as_long_as_its_operation_says() -> None:
    """Each of them: a list of many pages may take longer than that."""
    bench = Bench()
    down = Response(503, {}, b"")

    def several() -> Operation[list[int]]:
        first, second = (yield from ask(READ)), (yield from ask(READ))
        third, fourth = (yield from ask(READ)), (yield from ask(READ))
        return [first, second, third, fourth]

    def patient() -> Operation[list[int]]:
        return (yield from repeating(several(), 3))

    answers = iter([down, down, OK, down, down, OK, OK, OK])
    assert bench.run(patient(), lambda _: next(answers)) == [7, 7, 7, 7]

    bench = Bench()
    began = bench.clock.now

    def one_that_is_down() -> Operation[float]:
        with pytest.raises(ExchangeUnavailableError, match="503"):
            yield from repeating(ask(READ), 3)
        return bench.clock.now

    assert 3 <= bench.run(one_that_is_down(), lambda _: down, timeout=60) - began < 3 + LONGEST_BACKOFF


def test_the_deadline_ends_what_is_repeated() -> None:
    def patient() -> Operation[int]:
        return (yield from repeating(ask(READ), 1000))

    bench = Bench()
    with pytest.raises(ExchangeUnavailableError, match="503"):
        bench.run(patient(), lambda _: Response(503, {}, b""), timeout=30)


def test_the_last_trouble_is_what_a_cut_read_raises() -> None:
    bench = Bench()
    started = bench.clock.now
    with pytest.raises(ExchangeUnavailableError, match="number"):
        bench.run(ask(READ), lambda number: ExchangeUnavailableError(f"number {number}"), timeout=30)
    assert 30 - SHORTEST_TIMEOUT - 1e-6 < bench.clock.now - started < 30 + 1e-6


def test_no_request_is_given_more_time_than_is_left() -> None:
    bench = Bench()
    with pytest.raises(ExchangeUnavailableError):
        bench.run(ask(READ), lambda _: ExchangeUnavailableError("gone"), timeout=12)
    assert bench.sent[0].timeout == 10
    assert all(send.timeout <= 12 for send in bench.sent)
    assert bench.sent[-1].timeout < 12


def test_the_deadline_is_thrown_into_the_operation() -> None:
    seen: list[DeadlineReached] = []

    def operation() -> Operation[str]:
        try:
            yield Pause(1000)
        except DeadlineReached as cut:
            seen.append(cut)
            return "accounted for"
        return "never"

    bench = Bench()
    assert bench.run(operation(), after(), timeout=5) == "accounted for"
    assert seen[0].trouble is None
    assert bench.slept == [5]


def test_an_operation_that_ignores_the_deadline_fails_all_the_same() -> None:
    def operation() -> Operation[None]:
        yield Pause(1000)

    with pytest.raises(ExchangeUnavailableError, match="no result within 5 s"):
        Bench().run(operation(), after(), timeout=5)


def test_retry_after_is_obeyed_by_the_next_request_of_any_kind() -> None:
    def operation() -> Operation[int]:
        with pytest.raises(RateLimitedError) as caught:
            yield from ask(CANCEL)
        assert caught.value.retry_after == 7
        return (yield from ask(READ))

    bench = Bench()
    assert bench.run(operation(), after(Response(429, {"retry-after": "7"}, b""))) == 7
    assert sum(bench.slept) == pytest.approx(7)


def test_a_retry_after_beyond_the_deadline_ends_the_run_with_it() -> None:
    bench = Bench()
    with pytest.raises(RateLimitedError) as caught:
        bench.run(ask(READ), after(Response(429, {"retry-after": "600"}, b"")), timeout=30)
    assert caught.value.retry_after == 600
    assert len(bench.sent) == 1


@pytest.mark.parametrize("headers", [{}, {"retry-after": "0"}, {"retry-after": "0.001"}])
def test_without_a_wait_that_is_long_enough_the_pauses_grow(headers: dict[str, str]) -> None:
    bench = Bench()
    bench.run(ask(READ), after(*[Response(429, headers, b"")] * 6))
    assert len(bench.sent) == 7
    assert sum(bench.slept[3:]) > sum(bench.slept[:3])


def test_a_clock_refusal_is_answered_by_the_venues_time_at_once() -> None:
    bench = Bench()
    refusal = Response(409, dict(dated(bench.clock.now + 900).headers), b'{"error": "Conflict"}')
    assert bench.run(ask(CANCEL), after(refusal)) == 7
    assert len(bench.sent) == 2
    assert bench.slept == []
    assert abs(bench.planner.venue_clock.next_timestamp() - (bench.clock.now + 900) * 1000) < 1500


def test_a_timestamp_that_nobody_looks_at_is_not_used_up() -> None:
    """The venue's clock is hours behind ours: had the public read used up our time, none could be as low as its."""
    bench = Bench()
    hours_ago = dated(bench.clock.now - 18_000).headers

    def operation() -> Operation[int]:
        yield from ask(replace(READ, signed=False))
        return (yield from ask(READ))

    def answers(number: int) -> Answer:
        refusal = Response(401, hours_ago, b'{"error": "Unauthorized"}')
        return refusal if number == 2 else Response(200, hours_ago, OK.body)

    assert bench.run(operation(), answers) == 7
    payload = json.loads(b64decode(bench.sent[-1].request.headers["X-BITOPRO-PAYLOAD"]))
    assert abs(payload["nonce"] / 1000 - bench.clock.now + 18_000) < 2


def test_a_cancel_refused_for_its_time_twice_goes_back_to_the_operation() -> None:
    bench = Bench()
    refusal = Response(409, {}, b'{"error": "Conflict"}')
    with pytest.raises(ClockSkewError):
        bench.run(ask(CANCEL), after(refusal, refusal))
    assert len(bench.sent) == 2


def test_a_bad_key_may_be_a_bad_clock_where_the_date_says_so() -> None:
    bench = Bench()
    body = b'{"error": "Unauthorized"}'
    assert bench.run(ask(READ), after(Response(401, dict(dated(bench.clock.now - 900).headers), body))) == 7
    bench = Bench()
    with pytest.raises(AuthenticationError):
        bench.run(ask(READ), lambda _: Response(401, dict(dated(bench.clock.now - 900).headers), body))
    assert len(bench.sent) == 2


@pytest.mark.parametrize("status", [401, 409])
def test_a_clock_that_comes_back_is_followed_back(status: int) -> None:
    """Servers behind one address may differ: one that was wrong once must not leave what follows wrong."""
    bench = Bench()
    now = bench.clock.now

    def venue(_number: int) -> Answer:
        clock = now + 900 if len(bench.sent) == 1 else bench.clock.now
        nonce = json.loads(b64decode(bench.sent[-1].request.headers["X-BITOPRO-PAYLOAD"]))["nonce"]
        off = abs(nonce / 1000 - clock) > 10
        body = b'{"error": "no"}' if off else OK.body
        return Response(status if off else 200, dict(dated(clock).headers), body)

    assert bench.run(ask(READ), venue) == 7
    assert bench.clock.now - now < 8, "until the date that went back has gone on twice"
    bench.sent.clear()
    with pytest.raises(ClockSkewError):
        bench.run(ask(CANCEL), venue)
    assert bench.run(ask(CANCEL), venue) == 7


def test_a_bad_key_may_be_a_request_that_arrived_too_late() -> None:
    bench = Bench()
    refusal = Response(401, {}, b'{"error": "Timestamp outside of the allowed window"}')

    def slow_at_first(number: int) -> Answer:
        bench.clock.now += 6 if number == 1 else 0.1
        return refusal if number == 1 else OK

    assert bench.run(ask(CANCEL), slow_at_first) == 7
    bench = Bench()
    with pytest.raises(AuthenticationError):
        bench.run(ask(CANCEL), lambda number: slow_at_first(number) and refusal)
    assert len(bench.sent) == 2


def test_a_machine_that_stands_still_while_it_signs_sends_a_time_that_is_old(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench = Bench()
    begin = type(CANCEL).begin

    def stand_still_at_first(call: Any, timestamp: int) -> Any:
        request = begin(call, timestamp)
        bench.clock.now += 0 if bench.sent else 6
        return request

    monkeypatch.setattr(type(CANCEL), "begin", stand_still_at_first)
    refusal = Response(401, {}, b'{"error": "Timestamp outside of the allowed window"}')
    assert bench.run(ask(CANCEL), after(refusal)) == 7


def test_pacing_waits_before_signing() -> None:
    """A signature made before a long wait would be stale when it is sent."""
    bench = Bench(rate_limit=0.5)

    def operation() -> Operation[None]:
        yield from ask(READ)
        yield from ask(READ)

    bench.run(operation(), after())
    assert bench.slept == [pytest.approx(2, rel=0.05)]


def test_backoff_grows_within_bounds() -> None:
    for attempt in (1, 2, 3, 10, 10_000):
        ceiling = min(10.0, 0.25 * 2 ** min(attempt - 1, 16))
        assert all(ceiling / 2 <= backoff(attempt) <= ceiling for _ in range(50))


def test_errors_tell_the_venue() -> None:
    with pytest.raises(ExchangeUnavailableError, match=r"^bitopro: gone"):
        Bench().run(ask(CANCEL), after(ExchangeUnavailableError("gone")))
