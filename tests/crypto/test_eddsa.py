from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from airflow_provider_exchange.crypto import babyjubjub, eddsa, poseidon
from tests.crypto import textbook
from tests.crypto.cases import CASES, Case, keys, messages, parts
from tests.crypto.test_babyjubjub import SMALL
from tests.vectors import load

ORDERS = load("loopring_order")["orders"]
REQUESTS = load("loopring")["requests"]
each_case = pytest.mark.parametrize("case", CASES, ids=[f"vector {number}" for number in range(len(CASES))])
some_case = st.sampled_from(CASES)


@each_case
def test_vector(case: Case) -> None:
    assert eddsa.public_key(case.key) == case.public
    assert eddsa.sign(case.key, case.message) == case.signature
    assert eddsa.verify(case.public, case.message, case.signature)


@each_case
def test_stages_of_a_vector(case: Case) -> None:
    """Nonce, commitment, challenge, response: so that a failure names the step."""
    *commitment, s = case.signature
    r_x, r_y = commitment
    nonce = textbook.nonce(case.key, case.message)
    assert babyjubjub.multiply_base(nonce) == (r_x, r_y)
    challenge = poseidon.signature_hash([r_x, r_y, *case.public, case.message])
    assert challenge == textbook.challenge((r_x, r_y), case.public, case.message)
    assert s == (nonce + case.key * challenge) % textbook.E


@pytest.mark.parametrize("request_", REQUESTS, ids=[request["base_string"][-24:] for request in REQUESTS])
def test_vector_of_a_request(request_: dict[str, Any]) -> None:
    key, message, signature = int(request_["key"], 0), int(request_["message"]), parts(request_["signature"])
    assert eddsa.sign(key, message) == signature
    assert eddsa.verify(textbook.multiply(textbook.B, key), message, signature)


@pytest.mark.parametrize("order", ORDERS, ids=[order["name"] for order in ORDERS])
def test_vector_of_an_order(order: dict[str, Any]) -> None:
    key, message, signature = int(order["key"]), int(order["hash"]), parts(order["signature"])
    assert eddsa.public_key(key) == (int(order["A_x"]), int(order["A_y"]))
    assert eddsa.sign(key, message) == signature
    assert eddsa.verify((int(order["A_x"]), int(order["A_y"])), message, signature)


@settings(deadline=None, max_examples=40)
@given(keys, messages)
@example(1, 0)
@example(1, textbook.r - 1)
@example(textbook.L - 1, 0)
@example(textbook.L - 1, textbook.r - 1)
@example(2, 2**253)
@example(textbook.L // 2, textbook.L)
def test_what_is_signed_is_what_the_textbook_signs(key: int, message: int) -> None:
    signature = eddsa.sign(key, message)
    assert signature == textbook.sign(key, message)
    assert textbook.verify(eddsa.public_key(key), message, signature)


@settings(deadline=None, max_examples=40)
@given(keys, messages)
@example(1, 0)
@example(textbook.L - 1, textbook.r - 1)
def test_what_the_textbook_signs_holds(key: int, message: int) -> None:
    assert eddsa.verify(textbook.multiply(textbook.B, key), message, textbook.sign(key, message))


@settings(deadline=None, max_examples=40)
@given(some_case, some_case, messages)
def test_a_signature_is_of_one_key_and_one_message(case: Case, other: Case, message: int) -> None:
    assume(message != case.message)
    assert not eddsa.verify(case.public, message, case.signature)
    assume(other.public != case.public)
    assert not eddsa.verify(other.public, case.message, case.signature)


@pytest.mark.parametrize("part", range(6), ids=["A_x", "A_y", "message", "R_x", "R_y", "s"])
def test_no_bit_may_flip(part: int) -> None:
    """Every position of a number, each in another of the vectors."""
    for bit in range(256):
        case = CASES[bit % len(CASES)]
        numbers = [*case.public, case.message, *case.signature]
        numbers[part] ^= 1 << bit
        a_x, a_y, message, r_x, r_y, s = numbers
        assert not eddsa.verify((a_x, a_y), message, (r_x, r_y, s)), bit


@each_case
def test_an_equal_modulo_something_is_no_equal(case: Case) -> None:
    """All of these pass where a verifier reduces what it is given."""
    (a_x, a_y), message, (r_x, r_y, s) = case.public, case.message, case.signature
    r, E = textbook.r, textbook.E  # noqa: N806
    assert not eddsa.verify((a_x + r, a_y), message, (r_x, r_y, s))
    assert not eddsa.verify((a_x, a_y - r), message, (r_x, r_y, s))
    assert not eddsa.verify((a_x, a_y), message + r, (r_x, r_y, s))
    assert not eddsa.verify((a_x, a_y), message - r, (r_x, r_y, s))
    assert not eddsa.verify((a_x, a_y), message, (r_x + r, r_y, s))
    assert not eddsa.verify((a_x, a_y), message, (r_x, r_y + r, s))
    assert not eddsa.verify((a_x, a_y), message, (r_x, r_y, s + E))
    assert not eddsa.verify((a_x, a_y), message, (r_x, r_y, s - E))


@each_case
def test_the_scheme_leaves_s_open_by_the_order(case: Case) -> None:
    """As the docstring says; the vendor reduces s by the order of the curve."""
    r_x, r_y, s = case.signature
    assert eddsa.verify(case.public, case.message, (r_x, r_y, (s + textbook.L) % textbook.E))


@pytest.mark.parametrize("public", SMALL, ids=["order 1", "order 2", "order 4", "order 8"])
def test_a_small_public_key_signs_nothing(public: tuple[int, int]) -> None:
    """With a neutral t·A, R = s·B would do for any message; a point of small order is neutral for some."""
    for message in range(8):
        x, y = textbook.multiply(textbook.B, 5)
        challenge = textbook.challenge((x, y), public, message)
        holds = textbook.verify(public, message, (x, y, 5))
        assert holds == (textbook.multiply(public, challenge) == textbook.NEUTRAL)
        assert not eddsa.verify(public, message, (x, y, 5))


def test_a_public_key_with_a_small_part_signs_nothing() -> None:
    """Where t is a multiple of the small point's order, the equation holds for a key outside the subgroup."""
    key, nonce = 7, 11
    public = textbook.add(textbook.multiply(textbook.B, key), SMALL[1])
    x, y = textbook.multiply(textbook.B, nonce)
    message = next(m for m in range(100) if textbook.challenge((x, y), public, m) % 2 == 0)
    s = (nonce + key * textbook.challenge((x, y), public, message)) % textbook.E
    assert textbook.verify(public, message, (x, y, s))
    assert not eddsa.verify(public, message, (x, y, s))


def test_a_neutral_commitment_is_refused() -> None:
    key, message = 7, 11
    public = textbook.multiply(textbook.B, key)
    s = key * textbook.challenge(textbook.NEUTRAL, public, message) % textbook.E
    assert textbook.verify(public, message, (*textbook.NEUTRAL, s))
    assert not eddsa.verify(public, message, (*textbook.NEUTRAL, s))


def shown(value: object) -> str:
    return "object" if type(value) is object else f"{value!r:.20}"


GOOD = CASES[2]
MALFORMED = [None, (), (1,), [], "", "12", b"12", 12, 1.5, {1: 2}, object(), (None, None), ("1", "2"), (True, 1)]
MALFORMED_NUMBERS = [None, "", "1", b"1", 1.0, True, -1, textbook.E, 2**256, 10**1000, float("nan"), (1,), object()]


@pytest.mark.parametrize("public", MALFORMED, ids=shown)
def test_malformed_public_key(public: Any) -> None:
    assert eddsa.verify(public, GOOD.message, GOOD.signature) is False


@pytest.mark.parametrize("signature", [*MALFORMED, GOOD.signature[:2], (*GOOD.signature, 0)], ids=shown)
def test_malformed_signature(signature: Any) -> None:
    assert eddsa.verify(GOOD.public, GOOD.message, signature) is False


@pytest.mark.parametrize("number", MALFORMED_NUMBERS, ids=shown)
@pytest.mark.parametrize("place", range(6))
def test_malformed_number(place: int, number: Any) -> None:
    numbers: list[Any] = [*GOOD.public, GOOD.message, *GOOD.signature]
    numbers[place] = number
    assert eddsa.verify((numbers[0], numbers[1]), numbers[2], (numbers[3], numbers[4], numbers[5])) is False


@settings(deadline=None)
@given(
    st.tuples(st.integers(), st.integers()), st.integers(), st.tuples(st.integers(), st.integers(), st.integers())
)
def test_numbers_out_of_the_air(public: tuple[int, int], message: int, signature: tuple[int, int, int]) -> None:
    assert eddsa.verify(public, message, signature) is False


@pytest.mark.parametrize(
    "key", [0, -1, textbook.L, textbook.L + 1, textbook.E, 2**256, True, None, "5", 5.0, b"5"], ids=repr
)
def test_private_keys_that_are_none(key: Any) -> None:
    for call in (lambda: eddsa.public_key(key), lambda: eddsa.sign(key, 1)):
        with pytest.raises(ValueError, match="private key") as caught:
            call()
        assert not any(character.isdigit() for character in str(caught.value).replace("greater than 0", ""))


@pytest.mark.parametrize("message", [-1, textbook.r, 2**256, True, None, "5", 5.0, b"5"], ids=repr)
def test_messages_that_are_none(message: Any) -> None:
    with pytest.raises(ValueError, match="message must be") as caught:
        eddsa.sign(987654321, message)
    assert "987654321" not in str(caught.value)


def test_keys_do_not_linger() -> None:
    """Nothing kept between calls has the key in it, and what is kept has an end."""
    secret = 0x1234567890ABCDEF1234567890ABCDEF
    eddsa.sign(secret, 1)
    kept = repr(eddsa._known)
    assert str(secret) not in kept
    assert repr(secret.to_bytes(32, "little"))[2:-1] not in kept
    for key in range(1, 200):
        eddsa.public_key(key)
    assert len(eddsa._known) <= 64
    assert eddsa.public_key(secret) == textbook.multiply(textbook.B, secret)


def test_threads_that_begin_together() -> None:
    babyjubjub._comb.cache_clear()
    poseidon.signature_poseidon.cache_clear()
    eddsa._known.clear()
    with ThreadPoolExecutor(8) as pool:
        signatures = list(pool.map(lambda case: eddsa.sign(case.key, case.message), CASES * 4))
    assert signatures == [case.signature for case in CASES * 4]


def test_an_import_makes_no_table() -> None:
    program = """
import sys
from airflow_provider_exchange.crypto import babyjubjub, eddsa, field, poseidon
makers = [babyjubjub._comb, poseidon.signature_poseidon, poseidon._order_poseidon, field.integer_type]
print([maker.cache_info().currsize for maker in makers], len(eddsa._known), "gmpy2" in sys.modules)
eddsa.sign(5, 5)
print([maker.cache_info().currsize for maker in makers], len(eddsa._known))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["[0, 0, 0, 0] 0 False", "[1, 1, 0, 1] 1"]


WITH_INTEGERS = """
import json, sys
if sys.argv[1] == "int":
    sys.modules["gmpy2"] = None
from airflow_provider_exchange.crypto import eddsa, field
cases = json.load(sys.stdin)
signatures = [eddsa.sign(key, message) for key, message in cases]
public = [eddsa.public_key(key) for key, _ in cases]
held = [eddsa.verify(p, message, s) for p, (_, message), s in zip(public, cases, signatures)]
kinds = {type(number).__name__ for numbers in signatures + public for number in numbers}
json.dump([field.integer_type().__name__, sorted(kinds), all(held), public, signatures], sys.stdout)
"""


@pytest.mark.parametrize("integers", ["int", "mpz"])
def test_integers_of_either_kind(integers: str) -> None:
    if integers == "mpz":
        pytest.importorskip("gmpy2", reason="gmpy2 is not installed: the extra `fast`")
    cases = [(case.key, case.message) for case in CASES] + [(key**5, key**13) for key in range(1, 120)]
    done = subprocess.run(
        [sys.executable, "-c", WITH_INTEGERS, integers],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        check=True,
    )
    kind, kinds, held, public, signatures = json.loads(done.stdout)
    assert (kind, kinds, held) == (integers, ["int"], True)
    assert [tuple(point) for point in public[: len(CASES)]] == [case.public for case in CASES]
    assert [tuple(signature) for signature in signatures[: len(CASES)]] == [case.signature for case in CASES]
    assert [tuple(signature) for signature in signatures] == [eddsa.sign(*case) for case in cases]
