"""Values that name nothing, or would name more than they seem to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_exchange.exchanges.base import Exchange

NOT_EVEN_A_TEXT: list[Any] = [
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
    "**",
    ".*",
    "%",
    "{{ order_id }}",
    "1\n",
    "\n",
    "1\r\nX-Header: 1",
    "1\x00",
    "9" * 5000,
    10**5000,
    -1,
    True,
    1.5,
    [],
    [1],
    {},
    {"order_id": "1"},
    b"1",
]

ODD_TEXT = [
    "../all",
    "1/../../all",
    "1?x=y",
    "1#a",
    "1;a",
    "%2e%2e",
    "..",
    "1%2f..",
    "1,2",
    "\uff11\uff12\uff13",  # full-width digits
    "١٢٣",  # Arabic-Indic digits
    "é",
]
"""What a name may be where a venue takes any text for one, and nowhere else."""

NOT_A_NAME: list[Any] = [*NOT_EVEN_A_TEXT, *ODD_TEXT]

SELECTORS = (
    "symbols",
    "orders",
    "side",
    "client_order_id_prefix",
    "except_symbols",
    "except_client_order_id_prefix",
)
"""The arguments that select orders, of which none may be nothing."""

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


def is_a_name(exchange: type[Exchange] | Exchange, kind: str, value: Any) -> bool:
    """Whether a value of these is one of the venue's names after all, as it takes any text."""
    grammar = getattr(exchange, f"{kind}s")
    return grammar is not None and grammar.most_bytes is not None and value in ODD_TEXT
