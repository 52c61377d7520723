"""Whatever is done to the lines of a chain is found: a byte, a line, two lines or two segments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_exchange.evidence.chain import Chain, NotALine, read_line
from airflow_provider_exchange.evidence.naming import Part, part_of
from airflow_provider_exchange.evidence.verify import Attempt, check

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "night.manual_1.clear.try1.a3f01c77"
BEGAN = datetime(2026, 12, 1, 3, 50, tzinfo=UTC)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=2), max_leaves=3
)
CONTENTS = st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=2), max_size=5)


def written(contents: Sequence[dict[str, Any]]) -> list[bytes]:
    """The lines of a run that asked, did something, and came to a verdict."""
    chain, seconds = Chain(), count()
    whole = [("asked", {}), *(("request", content) for content in contents), ("verdict", {"report": {}})]
    return [chain.line(kind, data, BEGAN + timedelta(seconds=next(seconds))) for kind, data in whole]


def verified(*segments: Sequence[bytes]) -> Attempt:
    return check(NAME, {Part(NAME, 1, number): b"".join(each) for number, each in enumerate(segments, 1)})


RUN = written([{"number": 1, "order_id": "11", "path": "/v3/orders"}, {"number": 1, "states": ["open"]}, {"n": 2}])


@given(contents=CONTENTS, cuts=st.sets(st.integers(1, 6)))
def test_what_was_written_is_whole_however_it_is_cut_into_segments(
    contents: list[dict[str, Any]], cuts: set[int]
) -> None:
    lines = written(contents)
    edges = [0, *sorted(cut for cut in cuts if cut < len(lines)), len(lines)]
    attempt = verified(*(lines[start:end] for start, end in pairwise(edges)))
    assert attempt.is_whole
    assert [line.link.seq for line in attempt.lines] == list(range(1, len(lines) + 1))


@given(data=st.data())
def test_one_changed_byte_is_found(data: st.DataObject) -> None:
    content = bytearray(b"".join(RUN))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    assert not check(NAME, {Part(NAME, 1, 1): bytes(content)}).is_whole


def test_a_changed_byte_is_found_wherever_it_is() -> None:
    content = b"".join(RUN)
    for place in range(len(content)):
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        assert not check(NAME, {Part(NAME, 1, 1): changed}).is_whole, place


@pytest.mark.parametrize("dropped", range(len(RUN)))
def test_a_dropped_line_is_found(dropped: int) -> None:
    attempt = verified([line for number, line in enumerate(RUN) if number != dropped])
    assert not attempt.is_whole
    assert bool(attempt.flaws) == (dropped < len(RUN) - 1), "a missing end looks like an attempt that was cut"


@pytest.mark.parametrize(("first", "second"), [(a, b) for b in range(len(RUN)) for a in range(b)])
def test_two_swapped_lines_are_found(first: int, second: int) -> None:
    swapped = list(RUN)
    swapped[first], swapped[second] = swapped[second], swapped[first]
    assert verified(swapped).flaws


@pytest.mark.parametrize(("first", "second"), [(a, b) for b in range(len(RUN)) for a in range(b)])
def test_two_swapped_segments_are_found(first: int, second: int) -> None:
    segments = [[line] for line in RUN]
    segments[first], segments[second] = segments[second], segments[first]
    assert verified(*segments).flaws


@pytest.mark.parametrize("dropped", range(1, len(RUN)))
def test_a_missing_segment_is_named_by_the_one_behind_it(dropped: int) -> None:
    parts = {Part(NAME, 1, number): line for number, line in enumerate(RUN, 1) if number != dropped}
    attempt = check(NAME, parts)
    behind = Part(NAME, 1, dropped + 1).file
    assert [flaw for flaw in attempt.flaws if flaw.startswith("1 file missing") and behind in flaw]
    assert [flaw for flaw in attempt.flaws if "one line is missing" in flaw and behind in flaw]


def test_a_line_put_in_twice_or_from_another_chain_is_found() -> None:
    other = written([{"number": 9}])
    for place in range(1, len(RUN)):
        assert verified([*RUN[:place], RUN[place - 1], *RUN[place:]]).flaws
        assert verified([*RUN[:place], other[1], *RUN[place:]]).flaws
    assert verified([*RUN, *other]).flaws


@pytest.mark.parametrize("kept", range(1, len(RUN)))
def test_the_beginning_of_a_run_is_as_it_was_written_but_has_no_verdict(kept: int) -> None:
    """So it is with what a killed process leaves."""
    attempt = verified([*RUN[:kept], RUN[kept][:-9]])
    assert (attempt.flaws, attempt.cut, attempt.is_whole) == ([], True, False)
    assert len(attempt.lines) == kept
    assert "in the middle of a line" in "\n".join(attempt.sentences())


def test_a_chain_goes_on_in_another_process() -> None:
    chain = Chain()
    first = [chain.line(kind, {}, BEGAN) for kind in ("asked", "deferred")]
    chain = Chain(read_line(first[-1].rstrip()).link)
    second = [chain.line(kind, {}, BEGAN) for kind in ("resumed", "verdict")]
    joined = check(NAME, {Part(NAME, 1, 1): b"".join(first), Part(NAME, 2, 1): b"".join(second)})
    assert joined.is_whole
    assert check(NAME, {Part(NAME, 2, 1): b"".join(second)}).flaws, "its beginning is missing"


def test_a_chain_that_was_written_anew_is_told_by_its_last_hash_alone() -> None:
    anew = verified(written([{"number": 1, "order_id": "12"}]))
    assert anew.is_whole
    assert anew.last != verified(RUN).last


@pytest.mark.parametrize(
    ("kinds", "is_whole"),
    [
        (["asked", "request", "answer", "verdict"], True),
        (["asked", "deferred", "resumed", "deferred", "resumed", "no answer", "verdict"], True),
        (["asked", "verdict", "verdict"], False),
        (["asked", "verdict", "request", "answer"], False),
        (["asked", "deferred", "verdict"], False),
        (["asked", "resumed", "verdict"], False),
        (["asked", "asked", "verdict"], False),
        (["resumed", "verdict"], False),
        (["request", "verdict"], False),
    ],
)
def test_lines_that_no_run_writes_are_found_although_they_are_chained(kinds: list[str], is_whole: bool) -> None:
    chain = Chain()
    attempt = verified([chain.line(kind, {}, BEGAN) for kind in kinds])
    assert attempt.is_whole is is_whole
    assert bool(attempt.flaws) is not is_whole


def test_files_with_the_name_of_another_attempt_are_found() -> None:
    chain = Chain()
    lines = [chain.line("asked", {"attempt": NAME}, BEGAN), chain.line("verdict", {"report": {}}, BEGAN)]
    other = NAME.replace("try1", "try2")
    assert check(NAME, {Part(NAME, 1, 1): b"".join(lines)}).is_whole
    assert check("copy.txt", {Part("copy.txt", 0, 1): b"".join(lines)}).is_whole, "a file alone may have any name"
    (flaw,) = check(other, {Part(other, 1, 1): b"".join(lines)}).flaws
    assert flaw == f"Line 1 is one of the attempt {NAME}: the files were renamed"


@given(raw=st.binary(max_size=200))
def test_other_bytes_are_no_line(raw: bytes) -> None:
    with pytest.raises(NotALine):
        read_line(raw)


@given(stretch=st.integers(1, 200), segment=st.integers(1, 10**7))
def test_a_part_is_read_from_its_name(stretch: int, segment: int) -> None:
    part = Part(NAME, stretch, segment)
    assert part_of(part.file) == part


OTHERS = (
    "notes.jsonl",
    "a-1-1.jsonl",
    "a-01-000001.json",
    "a-001-000001.jsonl",
    "a-01-0000001.jsonl",
    "a-00-000001.jsonl",
)


def test_another_file_is_no_part() -> None:
    assert [part_of(each) for each in OTHERS] == [None] * len(OTHERS)
