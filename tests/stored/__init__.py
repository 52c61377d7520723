"""What version 0.1.0 stored in Airflow's database. ``{0}``, ``{1}``, … stand for order ids."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

__all__ = ["stored"]


def stored(venue: str, what: str, order_ids: list[str]) -> Any:
    """
    What 0.1.0 left of a task, as it comes out of the database.

    :param venue: its connection type.
    :param what: ``sweep`` and ``single`` are deferrals, ``attempt`` is the record for a retry of a sweep.
    :param order_ids: take the places of the ids.
    """
    text = json.dumps(json.loads((Path(__file__).parent / "version_0_1_0.json").read_text())[venue][what])
    for number, order_id in enumerate(order_ids):
        text = text.replace(f"{{{number}}}", order_id)
    return json.loads(text)
