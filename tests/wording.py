"""How the texts of errors are joined: one sentence ends before the next begins, and ends once."""

from __future__ import annotations

import re

QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
STOPPED_TWICE = re.compile(r"(?<![.])[.][.](?= |$)|[.!?][;,]")
BEGINS = (
    "A misspelt|A sweep|Check them|If a request|It is not known|Look at|Make sure|Nothing was|Orders:|Run it|"
    "The account of|The switch of|Why one"
)
"""How sentences begin that this package puts after others."""
NEVER_STOPPED = re.compile(rf"[^.!?:(] (?:{BEGINS}) ")


def bad_seams(text: str) -> list[str]:
    """Return where a sentence goes on without an end, or has two ends. What is quoted may hold anything."""
    plain = QUOTED.sub("''", text)
    found = [*STOPPED_TWICE.finditer(plain), *NEVER_STOPPED.finditer(plain)]
    return [plain[max(0, each.start() - 20) : each.end() + 20] for each in found]
