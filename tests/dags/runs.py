"""Runs a DAG with Airflow's own ``dag.test()``, and shows what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "dags_examples"


@dataclass(frozen=True)
class Run:
    """
    A finished DAG run.

    :param state: of the run.
    :param states: of its tasks, by id; those of a mapped task as ``id[index]``.
    :param xcoms: what its tasks returned, by the same names.
    """

    state: str
    states: dict[str, str]
    xcoms: dict[str, Any]


def example(name: str) -> Any:
    """An example DAG, freshly parsed."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(EXAMPLES / f"{name}.py")
    assert bag.import_errors == {}
    return bag.dags[name]


def run_dag(dag: Any) -> Run:
    """
    Run a DAG to its end in this process.

    Airflow wants a DAG in its database before it runs it, and finds by itself only those of the DAGs folder.
    """
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

    bag = DagBag(collect_dags=False)
    bag.bag_dag(dag)
    sync_bag_to_db(bag, "dags-folder", None)
    finished = dag.test()
    tasks = {_name(task): task for task in finished.get_task_instances()}
    return Run(
        state=str(finished.state),
        states={name: str(task.state) for name, task in tasks.items()},
        xcoms={
            name: task.xcom_pull(task_ids=task.task_id, map_indexes=task.map_index) for name, task in tasks.items()
        },
    )


def _name(task: Any) -> str:
    return str(task.task_id) if task.map_index < 0 else f"{task.task_id}[{task.map_index}]"
