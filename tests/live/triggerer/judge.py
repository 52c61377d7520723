"""What must hold after a triggerer was killed under many deferred sensors, and their orders have ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Pushed = list[tuple[str, str]]
"""Id and state of each order that a sensor pushed."""


@dataclass(frozen=True)
class Story:
    """
    Everything that the judge looks at.

    :param state: of the DAG run.
    :param states: of each task.
    :param watched: by venue, the ids of the orders of each sensor, all of which were cancelled in the end.
    :param pushed: by venue, what each sensor pushed, by its map index.
    :param changes: requests that could have changed a book.
    :param triggers: how many are in Airflow's database while all sensors wait, and in the end.
    :param late_requests: how many requests came after the end of the DAG run.
    :param connections: how many the triggerer has to the venues while all sensors wait, and in the end.
    """

    state: str
    states: Mapping[str, str | None]
    watched: Mapping[str, Sequence[Sequence[str]]]
    pushed: Mapping[str, Mapping[int, Pushed]]
    changes: Sequence[str]
    triggers: tuple[int, int]
    late_requests: int
    connections: tuple[int, int]


def wrong_in(story: Story) -> Iterator[str]:
    """
    Tell what is not as it must be.

    :param story: what was seen.
    """
    if story.state != "success":
        yield f"the DAG run ended as {story.state}"
    yield from (f"{task} ended as {state}" for task, state in story.states.items() if state != "success")
    for venue, sensors in story.watched.items():
        for index, order_ids in enumerate(sensors):
            expected = [(order_id, "cancelled") for order_id in order_ids]
            told = story.pushed[venue].get(index)
            if told != expected:
                yield f"{venue}: sensor {index} pushed {told} instead of {expected}"
        if more := sorted(story.pushed[venue].keys() - set(range(len(sensors)))):
            yield f"{venue}: there are sensors that were not asked for: {more}"
    yield from (f"a request could have changed a book: {change}" for change in story.changes)
    yield from _wrong_leftovers(story)


def _wrong_leftovers(story: Story) -> Iterator[str]:
    """Nothing is left in the end; what was there while all waited shows that this would have been seen."""
    sensors = sum(map(len, story.watched.values()))
    triggers, triggers_left = story.triggers
    connections, connections_left = story.connections
    if triggers != sensors:
        yield f"{triggers} triggers were in the database while {sensors} sensors waited"
    if not connections:
        yield "no connections to the venues were seen while the sensors waited"
    for count, what in (
        (triggers_left, "triggers are left in the database"),
        (story.late_requests, "requests came after the end"),
        (connections_left, "connections to the venues are open after the end"),
    ):
        if count:
            yield f"{count} {what}"
