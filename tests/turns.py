"""Many small cases of one test, which would cost more as tests of their own than they take."""

from __future__ import annotations

import inspect
from functools import wraps
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def in_turn(
    name: str | tuple[str, ...], cases: Sequence[Any], *, ids: Callable[[Any], str] = repr
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """
    Run a test for each of some cases, whatever becomes of the others, and tell each that fails.

    It is written as ``pytest.mark.parametrize``. The cases share the test's fixtures, so it is for tests that leave
    no trace in them.

    :param name: The argument that takes a case; several take the parts of one.
    :param ids: Takes a case and returns how it is told.
    """

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        assert cases, "a test of no case shows nothing"
        names = (name,) if isinstance(name, str) else name

        @wraps(test)
        def run(**given: Any) -> None:
            failed: list[BaseException] = []
            for case in cases:
                parts = (case,) if isinstance(name, str) else case
                try:
                    test(**given, **dict(zip(names, parts, strict=True)))
                except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001, all of them are told below
                    error.add_note(f"in the case {ids(case)}")
                    failed.append(error)
            if failed:
                raise BaseExceptionGroup(f"{len(failed)} of {len(cases)} cases failed", failed)

        signature = inspect.signature(test)
        rest = [each for each in signature.parameters.values() if each.name not in names]
        run.__signature__ = signature.replace(parameters=rest)  # type: ignore[attr-defined]
        return run

    return decorate
