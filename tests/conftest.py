"""Fixtures for all tests: the corpus, and components that may be absent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parent.parent


def absent(what: str) -> NoReturn:
    """Skip a test for want of a component; under TWIM_REQUIRE_ALL=1 (in CI) fail it instead."""
    if os.environ.get("TWIM_REQUIRE_ALL") == "1":
        pytest.fail(f"{what} is required here, and absent")
    pytest.skip(f"{what} is absent")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real posts of matrix.org, which stands beside the project or nowhere."""
    path = ROOT.parent / "shared" / "corpus" / "matrix.org"
    if not path.is_dir():
        absent("the corpus")
    return path
