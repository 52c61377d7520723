from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from airflow_provider_exchange.crypto import poseidon
from airflow_provider_exchange.crypto.field import MODULUS
from airflow_provider_exchange.crypto.poseidon_fast import FastPoseidon, PairedPoseidon
from tests.crypto import textbook
from tests.crypto.cases import CASES, elements
from tests.vectors import load

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LARGEST = MODULUS - 1
DEFINITION = poseidon.Poseidon(width=6, full_rounds=6, partial_rounds=52)


@pytest.mark.parametrize("width", [3, 6, 12])
def test_constants_and_matrix(width: int) -> None:
    made = poseidon.Poseidon(width, full_rounds=6, partial_rounds=52)
    assert made.constants == [number % MODULUS for number in textbook.chain(b"poseidon_constants", 58)]
    assert made.matrix == textbook.matrix(width)


@given(st.lists(elements, min_size=5, max_size=5))
@example([0] * 5)
@example([LARGEST] * 5)
@example([1, 0, 0, 0, 0])
@example([0, 0, 1, 0, 0])
@example([0, 0, 0, 0, LARGEST])
def test_signature_hash(inputs: list[int]) -> None:
    assert poseidon.signature_hash(inputs) == textbook.poseidon(inputs, width=6, full=6, partial=52)


@pytest.mark.parametrize("short_way", [FastPoseidon, PairedPoseidon])
@given(inputs=st.lists(elements, min_size=5, max_size=5))
@example(inputs=[0] * 5)
@example(inputs=[LARGEST] * 5)
def test_each_short_way_leads_to_the_definition(short_way: type[FastPoseidon], inputs: list[int]) -> None:
    assert short_way(DEFINITION.constants, DEFINITION.matrix, int).hash(inputs) == DEFINITION.hash(inputs)


@pytest.mark.parametrize("order", load("loopring_order")["orders"], ids=lambda order: order["name"])
def test_order_hash(order: dict[str, Any]) -> None:
    inputs = [int(value) for value in order["inputs"]]
    assert poseidon.order_hash(inputs) == int(order["hash"])
    for place in range(len(inputs)):
        changed = [value ^ (index == place) for index, value in enumerate(inputs)]
        assert poseidon.order_hash(changed) != int(order["hash"])


@settings(deadline=None, max_examples=20)
@given(st.lists(elements, min_size=11, max_size=11))
@example([0] * 11)
@example([LARGEST] * 11)
def test_order_hash_of_anything(inputs: list[int]) -> None:
    assert poseidon.order_hash(inputs) == textbook.poseidon(inputs, width=12, full=6, partial=53)


def test_the_example_of_the_vendors_tutorial() -> None:
    """It hashes 1, 2, 3 with room for thirteen; the first of the vectors signs the result."""
    tutorial = poseidon.Poseidon(width=14, full_rounds=6, partial_rounds=53)
    assert tutorial.hash([1, 2, 3]) == CASES[0].message


@pytest.mark.parametrize(("hashed", "count"), [(poseidon.signature_hash, 5), (poseidon.order_hash, 11)])
@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(lambda inputs: inputs[1:], id="one too few"),
        pytest.param(lambda inputs: [*inputs, 0], id="one too many"),
        pytest.param(lambda inputs: [], id="none"),
        pytest.param(lambda inputs: [MODULUS, *inputs[1:]], id="unreduced"),
        pytest.param(lambda inputs: [*inputs[1:], -1], id="negative"),
        pytest.param(lambda inputs: [1.0, *inputs[1:]], id="a float"),
        pytest.param(lambda inputs: ["1", *inputs[1:]], id="a string"),
        pytest.param(lambda inputs: [True, *inputs[1:]], id="a truth value"),
    ],
)
def test_inputs_that_are_none(
    hashed: Callable[[Sequence[int]], int], count: int, broken: Callable[[list[Any]], list[Any]]
) -> None:
    inputs = list(range(count))
    hashed(inputs)
    with pytest.raises(ValueError, match="input"):
        hashed(broken(inputs))
