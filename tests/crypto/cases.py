"""Published and computed signatures, as integers, and the numbers that tests draw."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st

from tests.crypto import textbook
from tests.vectors import load


class Case(NamedTuple):
    key: int
    message: int
    public: tuple[int, int]
    signature: tuple[int, int, int]


def parts(signature: str) -> tuple[int, int, int]:
    """R_x, R_y, s of 0x and three times 64 hexadecimal digits."""
    x, y, s = (int(signature[start : start + 64], 16) for start in (2, 66, 130))
    return x, y, s


CASES = [
    Case(
        int(vector["key"]),
        int(vector["message"]),
        (int(vector["A_x"]), int(vector["A_y"])),
        (int(vector["R_x"]), int(vector["R_y"]), int(vector["s"])),
    )
    for vector in load("loopring")["eddsa"]
]

keys = st.integers(1, textbook.L - 1)
messages = st.integers(0, textbook.r - 1)
scalars = st.integers(0, textbook.E)
elements = st.integers(0, textbook.r - 1)
points = scalars.map(lambda scalar: textbook.multiply(textbook.B, scalar))
