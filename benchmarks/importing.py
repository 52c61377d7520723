"""What a DAG file pays for importing our operators, at every parse."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from benchmarks.measure import interleaved
from benchmarks.processes import airflow_with_providers, run
from benchmarks.table import Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.effort import Effort

__all__ = ["imports"]

ROUNDS = 5
TARGET = 20e-3
OURS = tuple(
    f"airflow_provider_exchange.{module}.orders:{name}"
    for module, name in (
        ("operators", "CancelAllOrdersOperator"),
        ("sensors", "OrderStatusSensor"),
        ("notifications", "CancelAllOrdersNotifier"),
    )
)
THEIRS = {
    "HttpOperator": "airflow.providers.http.operators.http:HttpOperator",
    "DbtCloudRunJobOperator": "airflow.providers.dbt.cloud.operators.dbt:DbtCloudRunJobOperator",
}


def imports(effort: Effort) -> Iterator[Row]:
    """
    Import in a process of its own each time, all in one environment.

    :param effort: How much is measured.
    """
    python = airflow_with_providers()
    what = "import of operators, sensor and notifier"
    took = interleaved(
        {
            name: partial(_seconds, python, *modules)
            for name, modules in {"ours": OURS, **{name: (module,) for name, module in THEIRS.items()}}.items()
        },
        effort.rounds(ROUNDS),
    )
    for name in THEIRS:
        yield Row(what, name, took["ours"], took[name])
    yield Row.target(what, took["ours"], TARGET)


def _seconds(python: Path, *modules: str) -> float:
    return float(run(python, "benchmarks/workers/imports.py", *modules))
