"""Every Python block runs; DAG files parse and run on Airflow, against the paper exchange."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.dags.runs import dagbag_module, run_dag
from tests.docs.blocks import Block, blocks

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

PYTHON = blocks("python")


FIRST = ("binance", "bitopro")
"""Whose orders the first DAG of all shows."""


def parse_dags(block: Block, path: Path) -> dict[str, Any]:
    path.write_text(block.text)
    bag = dagbag_module().DagBag(path)
    assert bag.import_errors == {}
    return dict(bag.dags)


@pytest.mark.parametrize("block", [block for block in PYTHON if not block.is_dag], ids=str)
def test_code_runs(block: Block, sandbox: RunningSandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    block.require_airflow()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    exec(compile(block.text, str(block), "exec"), {"__name__": "block"})


@pytest.mark.parametrize("block", [block for block in PYTHON if block.is_dag], ids=str)
def test_dags_parse_and_run(block: Block, sandbox: RunningSandbox, tmp_path: Path) -> None:
    block.require_airflow()

    dags = parse_dags(block, tmp_path / "dag_file.py")

    assert dags
    for dag in dags.values():
        dag.deadline = None  # Airflow 3.3 cannot end a run of dag.test() that has one
        run = run_dag(dag)
        assert run.state == "success", run.states
    assert sandbox.request_log, "a DAG of this package asks a venue something"


def test_the_first_dag_that_anybody_sees_only_looks_until_a_line_is_taken_out(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    first = PYTHON[0]
    (looking,) = parse_dags(first, tmp_path / "looking.py").values()
    assert run_dag(looking).state == "success"
    assert sandbox.mutations() == []
    assert all(sandbox.live(venue) for venue in FIRST)

    lines = [line for line in first.text.splitlines() if "dry_run=True" not in line]
    (cancelling,) = parse_dags(replace(first, text="\n".join(lines)), tmp_path / "cancelling.py").values()
    run_dag(cancelling)
    assert [sandbox.live(venue) for venue in FIRST] == [[], []]
