"""The description of the addresses: true, by schemathesis, and whole."""

from __future__ import annotations

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case

from feedserver import openapi
from tests.feedserver.servers import app_of, write_site


@pytest.fixture
def described(tmp_path: Path) -> object:
    write_site(tmp_path)
    app = app_of(tmp_path)
    return schemathesis.openapi.from_asgi(f"/{openapi.NAME}", app)


schema = schemathesis.pytest.from_fixture("described")


@schema.parametrize()
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_contradicts_the_description(case: Case[object]) -> None:
    case.call_and_validate()
