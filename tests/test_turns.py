"""Cases that take turns within one test are all looked at."""

from __future__ import annotations

import pytest

from tests.turns import in_turn


def test_every_case_that_fails_is_told_and_no_other() -> None:
    seen = []

    @in_turn(("number", "word"), [(1, "a"), (2, "b"), (3, "c")])
    def test(number: int, word: str) -> None:
        seen.append(word)
        assert number != 1
        with pytest.raises(ValueError, match="it"):
            raise ValueError("it" if number == 2 else "another")

    with pytest.raises(BaseExceptionGroup, match="2 of 3 cases failed") as caught:
        test()
    assert seen == ["a", "b", "c"]
    assert [error.__notes__ for error in caught.value.exceptions] == [
        ["in the case (1, 'a')"],
        ["in the case (3, 'c')"],
    ]


@pytest.mark.parametrize("given", [5])
@in_turn("case", [1, 2])
def test_other_arguments_are_those_of_the_test(given: int, case: int) -> None:
    assert (given, case) in {(5, 1), (5, 2)}


def test_no_case_is_no_test() -> None:
    with pytest.raises(AssertionError, match="no case"):

        @in_turn("case", [])
        def test(case: int) -> None:
            """Never run."""
