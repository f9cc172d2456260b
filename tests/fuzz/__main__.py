"""`python -m tests.fuzz [minutes]`: atheris against all that reads what strangers write.

Each target runs for its share of the time. What is found is left in `tests/fuzz/found/`, and
becomes a test in `tests/feedserver/foreign/test_hostile_sources.py`.
Needs the dependency group `fuzz`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
TARGETS = ("xml", "json", "html")


def main(minutes: float) -> int:
    failed = 0
    for target in TARGETS:
        corpus = FOLDER / "corpus" / target
        found = FOLDER / "found"
        for folder in (corpus, found):
            folder.mkdir(parents=True, exist_ok=True)
        seconds = int(minutes * 60 / len(TARGETS))
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tests.fuzz.targets", target, str(corpus)),
                *(f"-max_total_time={seconds}", f"-artifact_prefix={found}/{target}-"),
                *("-timeout=20", "-rss_limit_mb=2500", "-max_len=20000", "-print_final_stats=1"),
                f"-dict={FOLDER / 'feeds.dict'}",
            ]
        )
        failed |= done.returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 5))
