"""
Builds a release into ``dist/``: ``make release VERSION=1.2.3 PROJECT_URL=https://github.com/org/name``.

It publishes nothing. Only when all has gone well does ``dist/`` get the wheel, the source distribution, the bill of
materials, and the checksums of these.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

from release.building import build
from release.commands import output
from release.ready import check_ready
from release.refusal import ReleaseError
from release.trials import say, try_everywhere

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"


def release(version: str, project_url: str, *, sliced: bool, place: Path) -> None:
    """
    Build, try, and describe the last commit.

    :param version: The version to release.
    :param project_url: Where the repository can be seen by all.
    :param sliced: Whether to try it on the newest Airflow and one Python alone.
    :param place: An empty folder to work in.
    :raises ReleaseError: when there is to be no release.
    """
    check_ready(ROOT, version, project_url)
    say("Building twice, and the wheel once more from the source distribution ...")
    built = build(ROOT, version, project_url, place)
    output(sys.executable, "-m", "twine", "check", "--strict", built.wheel, built.source, cwd=place)
    bill = place / f"airflow_provider_exchange-{version}.cdx.json"
    try_everywhere(built, bill, sliced=sliced, place=place)
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    files = [Path(shutil.copy(path, DIST)) for path in (built.wheel, built.source, bill)]
    sums = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (DIST / "SHA256SUMS").write_text("".join(sums))
    say(f"\nIn {DIST.name}/, ready to be published:")
    for path in sorted(DIST.iterdir()):
        say(f"  {path.stat().st_size / 1000:>7.0f} kB  {path.name}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m release")
    parser.add_argument("--version", required=True, help="the version to release")
    parser.add_argument("--project-url", required=True, help="where the repository can be seen by all")
    parser.add_argument("--slice", action="store_true", help="try it on the newest Airflow and one Python alone")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        try:
            release(asked.version, asked.project_url, sliced=asked.slice, place=Path(place))
        except ReleaseError as error:
            sys.exit(f"No release: {error}")


if __name__ == "__main__":
    main()
