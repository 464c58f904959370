"""What an audit of the engine found wrong on models that nobody here wrote; closed forms say what is right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import symengine

import coley
from coley.engine import RODAS3, RODAS4, RODAS5P, solve
from coley.engine.tableau import Method
from coley.system import TIME, Event, Parameter, Reaction, State, System

x, k, T, D = map(symengine.Symbol, "xkTD")


# --- a relapse from a deep nadir: ln T = 0.2 t - 31 (1 - exp(-0.1 t)), which is -23.5 on day 27 and -1 on day 150


@pytest.mark.parametrize("method", [RODAS3, RODAS4, RODAS5P])
def test_a_tumour_returns_from_a_nadir_of_1e_10(method: Method, tmp_path: Path) -> None:
    """SBML says nothing of scales, so that the reader's own have to do."""
    moves = [Reaction("growth", 0.2 * T, {"T": 1}), Reaction("kill", 3.1 * D * T, {"T": -1})]
    moves.append(Reaction("loss", 0.1 * D, {"D": -1}))
    treated = System("treated", (State("T", "", 1, 1.0), State("D", "", 1, 1.0)), (), reactions=tuple(moves))
    coley.save_sbml(treated, tmp_path / "treated.xml")
    days = np.array([0.0, 10, 20, 27, 40, 60, 100, 150])
    got = solve(coley.load_sbml(tmp_path / "treated.xml"), days, method=method)
    exact = np.exp(0.2 * days - 31 * (1 - np.exp(-0.1 * days)))
    assert exact.min() < 1e-10
    np.testing.assert_allclose(got["T"][0], exact, rtol=1e-4)


# --- fast transients late in time: x' = -k x, so that x is exp(-k s) at s after it was set to 1


def fading(*events: Event) -> System:
    leave = Reaction("leave", k * x, {"x": -1})
    return System("fading", (State("x", "", 0, 1.0),), (Parameter("k", "", 1.0),), (), (leave,), events)


@pytest.mark.parametrize("rtol", [1e-6, 1e-9])
def test_a_transient_shorter_than_the_resolution_of_late_times_is_followed(rtol: float) -> None:
    speeds = pd.DataFrame({"k": 10.0 ** np.arange(0, 21)})
    set_to_1 = Event("set", TIME >= 40, {"x": symengine.Integer(1)})
    got = solve(fading(set_to_1), [0, 40, 41, 50], parameters=speeds, rtol=rtol)
    assert (got["status"] == "ok").all(), got["reason"].values
    np.testing.assert_allclose(got["x"][:, 1], 1)
    np.testing.assert_allclose(got["x"][:, 2], np.exp(-speeds["k"]), rtol=1e-4, atol=1e-6)


def test_a_bolus_late_in_time_may_vanish_at_once() -> None:
    speeds = pd.DataFrame({"k": 10.0 ** np.arange(0, 21)})
    rows = range(len(speeds))
    doses = pd.DataFrame({"ID": rows, "TIME": 40.0, "AMT": 1.0, "DUR": 0.0, "CMT": "x"})
    got = solve(fading(), [0, 40, 41, 50], parameters=speeds, doses=doses)
    assert (got["status"] == "ok").all(), got["reason"].values
    np.testing.assert_allclose(got["x"][:, 2], np.exp(-speeds["k"]), rtol=1e-4, atol=1e-6)
