"""The bill of materials (SBOM): all that the package needs, in the versions that it was tried with."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from typing import TYPE_CHECKING

from release.commands import output

if TYPE_CHECKING:
    from pathlib import Path

    from release.building import Distributions

__all__ = ["write_bill"]


def write_bill(python: Path, built: Distributions, path: Path) -> None:
    """
    Write it, in CycloneDX's JSON.

    :param python: The interpreter of an environment that holds the package, its extras, and what they need.
    :param built: The package.
    :param path: Where to.
    """
    output(
        *(sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible"),
        *("--mc-type", "library", "--pyproject", built.tree / "pyproject.toml", "--output-file", path, python),
        cwd=built.tree,
        env={**os.environ, "SOURCE_DATE_EPOCH": built.epoch},
    )
    bill = json.loads(path.read_text())
    # The tool takes the package for one that is not published, and knows no version that is read from a module.
    bill["metadata"]["component"] |= {
        "version": built.version,
        "purl": f"pkg:pypi/airflow-provider-exchange@{built.version}",
        "hashes": [{"alg": "SHA-256", "content": hashlib.sha256(built.wheel.read_bytes()).hexdigest()}],
    }
    path.write_text(json.dumps(bill, indent=2, sort_keys=True) + "\n")
