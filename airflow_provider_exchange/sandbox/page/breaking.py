"""What each kind of fault does, in a sentence, and what the page's buttons add to make a rule of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KINDS_BY_GROUP", "NEEDED", "SENTENCES"]

KINDS_BY_GROUP: Mapping[str, Mapping[str, str]] = {
    "The connection": {
        "drop_before": "Closes the connection without an answer, before the venue does what it was asked.",
        "drop_after": "Closes the connection without an answer, after the venue did what it was asked.",
        "hang": "Accepts the request and never answers; closes the connection after an hour, or the seconds given.",
        "delay": "Waits before the answer: 3 seconds, or those given.",
        "drip": "Sends the answer one byte a second, or in the seconds given.",
        "truncate": "Sends half of the answer.",
        "huge": "Sends an answer without end.",
    },
    "The answer": {
        "html": "Sends the error page of a gateway (502) in place of the venue's answer.",
        "status": "Sends the status 500 with a body that no venue sends.",
        "rate_limit": "Sends the venue's refusal of too many requests.",
        "empty_200": "Sends the status 200 and nothing else.",
        "null_data": "Sends null in place of the data.",
        "cached": "Answers a read with what the same read was answered last, as a cache would.",
    },
    "The venue": {
        "refuse_cancel": "Refuses the cancel.",
        "ignore_cancel": "Answers as if it had taken the order out of the book, and leaves it there.",
        "ignore_batch_member": "Leaves out the first order of a batch, and does not say so.",
        "cancelling": "Takes the cancel, which has its effect one read later, or after the seconds given.",
        "fill_on_cancel": "Fills the order when its cancel arrives.",
        "stale_reads": "Shows the book as it was one read ago.",
        "skew": "Sets the venue's clock ahead: 60 seconds, or those given.",
    },
    "Its lists of orders": {
        "phantom_empty": "Shows one list as empty, although orders are open; or all, for the seconds given.",
        "null": "Shows lists in the venue's shortest form for no orders.",
        "odd_order": "Shows one more order, in a market that no client can read or send.",
        "seconds": "Shows times of creation in seconds, not in milliseconds.",
    },
}
"""The sentences of the kinds of faults, as the page groups them."""

SENTENCES: Mapping[str, str] = {
    kind: sentence for kinds in KINDS_BY_GROUP.values() for kind, sentence in kinds.items()
}
"""The sentence of each kind."""

NEEDED: Mapping[str, Mapping[str, Any]] = {"delay": {"seconds": 3.0}, "skew": {"seconds": 60.0}}
"""What a rule of a kind has unless the form says otherwise; without it, it would do nothing."""
