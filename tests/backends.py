"""Backends of the engine, for tests that hold for each of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import coley.engine.simulation
from coley.engine import reference, rosenbrock

BACKENDS = {"rosenbrock": rosenbrock.follow, "cvode": reference.follow}


@pytest.fixture(params=BACKENDS, scope="module", autouse=True)
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Runs every test of a module that imports this with each backend in turn as the default; its name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coley.engine.simulation, "default_backend", BACKENDS[request.param])
        yield request.param
