"""Several accounts in one DAG: one that hangs fails by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from airflow_provider_exchange.sandbox.fault_rules import Fault
from tests.dags.runs import run_dag
from tests.docs.blocks import ROOT, blocks
from tests.docs.test_python import parse_dags
from tests.flatness import short_flatness

if TYPE_CHECKING:
    from pathlib import Path

    from airflow_provider_exchange.sandbox.testing import RunningSandbox

__all__ = ["short_flatness"]

(MAPPED,) = [block for block in blocks("python") if block.page == ROOT / "docs" / "accounts.md"]


def test_one_that_hangs_keeps_no_other_from_being_cleared(sandbox: RunningSandbox, tmp_path: Path) -> None:
    impatient = MAPPED.text.replace("timeout=120", "timeout=1").replace("retries=2", "retries=0")
    (dag,) = parse_dags(replace(MAPPED, text=impatient), tmp_path / "dag_file.py").values()
    sandbox.faults.add(Fault("hang", venue="nami", seconds=1.2))

    run = run_dag(dag)

    assert run.states == {"accounts": "success", "clear[0]": "failed", "clear[1]": "success"}
    assert run.reports["clear[0]"]["open_after"] is None
    assert sandbox.live("bitopro") == []
    assert sandbox.live("nami")
