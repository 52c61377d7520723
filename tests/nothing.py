"""Values that name nothing, or would name more than they seem to."""

from __future__ import annotations

from typing import Any

NOT_A_NAME: list[Any] = [
    "",
    " ",
    "\t\n",
    None,
    "None",
    "none",
    "null",
    "nan",
    "undefined",
    "[]",
    "{}",
    "all",
    "ALL",
    "*",
    "../all",
    "1/../../all",
    "1?x=y",
    "1#a",
    "1;a",
    "%2e%2e",
    "..",
    "1%2f..",
    "1,2",
    "1\n",
    "\n",
    "1\r\nX-Header: 1",
    "1\x00",
    "9" * 5000,
    10**5000,
    "\uff11\uff12\uff13",  # full-width digits
    "١٢٣",  # Arabic-Indic digits
    "é",
    -1,
    True,
    1.5,
    [],
    [1],
    {},
    {"order_id": "1"},
    b"1",
]

NOT_A_SELECTION: list[Any] = [
    None,
    "",
    " ",
    "None",
    "[]",
    "all",
    "*",
    [],
    (),
    {},
    [""],
    [" "],
    [None],
    [{}],
    [[]],
    ["None"],
    ["all"],
    0,
    False,
]


def label(value: Any) -> str:
    """A test's name for a value."""
    return "10**5000" if isinstance(value, int) and value > 10**50 else ascii(value)[:40]
