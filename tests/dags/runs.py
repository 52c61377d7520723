"""Runs a DAG with Airflow's own ``dag.test()``, and shows what came of it."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.common.compat.sdk import AirflowOptionalProviderFeatureException

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parents[2] / "dags_examples"
NEEDS = {
    "alert_on_failure": "airflow.providers.http.notifications.http",
    "approve_cancel": "airflow.providers.standard.operators.hitl",
    "on_order_filled": "airflow.sdk",
}
"""The module that an example needs and that not every Airflow has."""


@dataclass(frozen=True)
class Run:
    """
    A finished DAG run.

    :param state: of the run.
    :param states: of its tasks, by id; those of a mapped task as ``id[index]``.
    :param xcoms: what its tasks returned, by the same names.
    :param reports: what they left under the key ``report``.
    """

    state: str
    states: dict[str, str]
    xcoms: dict[str, Any]
    reports: dict[str, Any]


@contextmanager
def airflow_left_alone() -> Iterator[None]:
    """Let pass what Airflow's own modules are warned of; a warning that a DAG file earns still fails the test."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"airflow\.")
        warnings.filterwarnings("ignore", "Accessing '.*' from the template is deprecated")  # Airflow 2, by itself
        yield


def skip_unless_supported(name: str) -> None:
    """Skip a test of an example that is for other versions of Airflow."""
    module = NEEDS.get(name)
    if module is not None and not is_importable(module):
        pytest.skip(f"the example {name} needs {module}, which this Airflow does not have")


def is_importable(module: str) -> bool:
    """Tell whether this Airflow has a module and all that it needs."""
    try:
        with airflow_left_alone():
            import_module(module)
    except (ImportError, AirflowOptionalProviderFeatureException):
        return False
    return True


def example(name: str) -> Any:
    """An example DAG, freshly parsed."""
    skip_unless_supported(name)
    with airflow_left_alone():
        bag = dagbag_module().DagBag(EXAMPLES / f"{name}.py")
    assert bag.import_errors == {}
    return bag.dags[name]


def run_dag(dag: Any) -> Run:
    """
    Run a DAG to its end in this process.

    Airflow 3 wants a DAG in its database before it runs it, and finds by itself only those of the DAGs folder.
    """
    if find_spec("airflow.sdk") is not None:
        store(dag)
    with airflow_left_alone():
        finished = dag.test()
    tasks = {_name(task): task for task in finished.get_task_instances()}
    pulled = {
        key: {
            name: task.xcom_pull(task_ids=task.task_id, map_indexes=task.map_index, key=key)
            for name, task in tasks.items()
        }
        for key in ("return_value", "report")
    }
    return Run(
        state=str(finished.state),
        states={name: str(task.state) for name, task in tasks.items()},
        xcoms=pulled["return_value"],
        reports=pulled["report"],
    )


def dagbag_module() -> Any:
    """Return the module of ``DagBag``, wherever this Airflow has it."""
    for path in ("airflow.dag_processing.dagbag", "airflow.models.dagbag"):
        if find_spec(path) is not None:
            return import_module(path)
    raise AssertionError("Airflow has no DagBag")


def store(dag: Any) -> None:
    """Put a DAG into Airflow's database."""
    bag = dagbag_module().DagBag(collect_dags=False)
    if find_spec("airflow.sdk") is None:
        bag.bag_dag(dag, dag)
        bag.sync_to_db()
        return
    dag.relative_fileloc = dag.relative_fileloc or dag.fileloc
    bag.bag_dag(dag)
    if hasattr(dagbag_module(), "sync_bag_to_db"):
        dagbag_module().sync_bag_to_db(bag, "dags-folder", None)
    else:
        bag.sync_to_db("dags-folder", None)


def _name(task: Any) -> str:
    return str(task.task_id) if task.map_index < 0 else f"{task.task_id}[{task.map_index}]"
