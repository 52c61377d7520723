"""What each kill switch must have done after a death, and the table that tells what it did."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Words = frozenset["Word"]
CALLBACKS = ("task", "dag")
"""Whose callback a kill switch is."""
HEADINGS = ("what happens", "the task's callback runs", "the DAG's callback runs", "Airflow waits before")


class Place(StrEnum):
    """Where a callback ran, as the log tells that has its line."""

    TASK = "in the task"
    DAG_PROCESSOR = "in the DAG processor"
    ELSEWHERE = "somewhere else"


class Word(NamedTuple):
    """
    What a kill switch said about one call.

    :param place: where it said so.
    :param done: whether it has done its work.
    """

    place: Place
    done: bool


IN_TASK = Word(Place.TASK, done=True)
IN_DAG_PROCESSOR = Word(Place.DAG_PROCESSOR, done=True)
FAILED_IN_TASK = Word(Place.TASK, done=False)


@dataclass(frozen=True)
class Expected:
    """
    What must come of it, whatever the machine's pace.

    :param task: all that the task's callback says, however often; nothing when it is never called.
    :param dag: the same of the DAG's.
    :param awaits_return: the callbacks that are called only after what died has come back.
    :param strategy_lives: whether the strategy goes on, or starts anew, when Airflow has called all it will.
    """

    task: Words = frozenset()
    dag: Words = frozenset()
    awaits_return: frozenset[str] = frozenset()
    strategy_lives: bool = False

    def words(self, callback: str) -> Words:
        return {"task": self.task, "dag": self.dag}[callback]


@dataclass(frozen=True)
class Switched:
    """
    What one kill switch has done.

    :param words: what it said, call by call.
    :param logs: where each of them can be read.
    :param flat_after: seconds from the failure to the last cancel; None while orders are open.
    """

    words: Sequence[Word]
    logs: Sequence[str]
    flat_after: float | None


@dataclass(frozen=True)
class Story:
    """
    Everything that the judge looks at after one death.

    :param name: of what died.
    :param waits: the settings for which Airflow waits before it acts, with their values here and by default.
    :param switched: by whose callback it is.
    :param returned_after: seconds from the failure until what died came back; None when nothing had to.
    :param strategy_lives: whether a strategy's process is there in the end.
    :param cut_off: how many callbacks or parses the DAG processor has ended for taking too long.
    """

    name: str
    waits: str
    switched: Mapping[str, Switched]
    returned_after: float | None
    strategy_lives: bool
    cut_off: int


def wrong_in(story: Story, expected: Expected) -> Iterator[str]:
    """
    Tell what is not as it must be.

    :param story: what was seen.
    :param expected: what had to be seen.
    """
    for callback in CALLBACKS:
        for each in _wrong_with(story, expected, callback):
            yield f"{story.name}, the {callback}'s callback: {each}"
    if story.strategy_lives != expected.strategy_lives:
        yield f"{story.name}: the strategy's process {'lives' if story.strategy_lives else 'is gone'}"
    if story.cut_off:
        yield f"{story.name}: the DAG processor has ended {story.cut_off} processes that did not end themselves"


def _wrong_with(story: Story, expected: Expected, callback: str) -> Iterator[str]:
    switched = story.switched[callback]
    wanted = expected.words(callback)
    if set(switched.words) != wanted:
        yield f"runs {listed(switched.words)} instead of {listed(wanted)}: {list(switched.logs)}"
    flat_after, returned_after = switched.flat_after, story.returned_after
    if (flat_after is not None) != any(word.done for word in wanted):
        yield "orders are open" if flat_after is None else "the account is flat, which nothing should have done"
    if flat_after is not None and flat_after < 0:
        yield f"flat {-flat_after:.1f} s before anything had failed"
    if flat_after is not None and returned_after is not None:
        waited = flat_after > returned_after
        if waited != (callback in expected.awaits_return):
            yield f"flat after {flat_after:.1f} s, and what died was back after {returned_after:.1f} s"


def markdown(stories: Iterable[Story]) -> str:
    """Show what was seen, a line for each story."""
    rows = [HEADINGS, tuple("---" for _ in HEADINGS)]
    rows += [(story.name, *(told(story, callback) for callback in CALLBACKS), story.waits) for story in stories]
    return "\n".join("| " + " | ".join(row).rstrip() + " |" for row in rows)


def told(story: Story, callback: str) -> str:
    """Say in a few words what a kill switch has done."""
    switched = story.switched[callback]
    flat_after = switched.flat_after
    if flat_after is None:
        return listed(switched.words)
    again = ", more than once" if len(switched.words) > len(set(switched.words)) else ""
    back = story.returned_after
    waited = f", {flat_after - back:.1f} s after the return" if back is not None and flat_after > back else ""
    return f"{listed(switched.words)}{again}; flat after {flat_after:.1f} s{waited}"


def listed(words: Iterable[Word]) -> str:
    """Say in a few words where a kill switch has run."""
    said = {f"{word.place}{'' if word.done else ', where it fails'}" for word in words}
    return "; then ".join(sorted(said, reverse=True)) or "**never**"
