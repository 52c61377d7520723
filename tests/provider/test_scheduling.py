"""A scheduler, and an API server that shows DAGs, import nothing of the package for a DAG that is stored."""

from __future__ import annotations

import json
import sys
import warnings
from importlib import import_module
from typing import Any

import pytest

from tests.dags.runs import EXAMPLES, example

PACKAGE = "airflow_provider_exchange"
SERIALIZED_OBJECTS: Any = import_module("airflow.serialization.serialized_objects")
SERIALIZER = getattr(SERIALIZED_OBJECTS, "DagSerialization", SERIALIZED_OBJECTS.SerializedDAG)
"""From Airflow 3.2 on a class of its own stores DAGs."""


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.py")))
def test_a_stored_dag_can_be_read_without_the_package(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    dag = example(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Airflow's parts think of each other
        stored = json.dumps(SERIALIZER.to_dict(dag))
        for module in [each for each in sys.modules if each.partition(".")[0] == PACKAGE]:
            monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(ImportError):
            import_module(f"{PACKAGE}.operators.orders")
        read = SERIALIZER.from_dict(json.loads(stored))
    assert set(read.task_dict) == set(dag.task_dict)
