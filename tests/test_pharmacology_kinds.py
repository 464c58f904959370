"""Kinds of kinetics and actions: found by themselves, with dimensions that stand on their fields."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from coley.pharmacology import Action, Kinetics, actions, kinetics
from coley.pharmacology.kinds import any_of, kinds
from pharmacology_toy import DRUGS, context, q, shipped, system
from sampling import SAMPLE, of_drug, sampled

NAMES = sorted(path.stem for path in DRUGS.glob("*.toml"))
DROPPED = '''
"""Dropped: an action in one file."""
from typing import Annotated, Literal
from coley.facts import Quantity, like
from coley.modeling import Context, Mechanism
from coley.pharmacology.agent import Action, Agent


class Dropped(Action):
    kind: Literal["dropped"]
    rate: Annotated[Quantity, like("1/day")]

    def mechanism(self, context: Context, agent: Agent) -> Mechanism:
        m = Mechanism(f"dropped_{agent.symbol}", "Kills everything.", context)
        rate = m.constant(f"k_{agent.symbol}", self.rate, "rate")
        for site in context.sites:
            for clone in context.clones:
                m.contribute(f"kill_{clone.name}_{site}", rate)
        return m
'''


@pytest.mark.parametrize("name", sampled(NAMES, of_drug))
def test_a_drug_is_read_and_makes_a_model_whose_units_balance(name: str) -> None:
    drug = shipped(name)
    model = system(context(), drug)
    states = {state.name for state in model.states}
    for route in drug.routes:
        assert drug.entry(route) in states
        assert drug.entry(route, "R") in states
    assert drug.classes


def test_one_model_carries_drugs_of_every_kind() -> None:
    """Their states, parameters and rules keep apart by the drug's name, and a dose of each has where to enter."""
    drugs = [shipped(name) for name in SAMPLE]
    states = {state.name for state in system(context(), *drugs).states}
    entries = [drug.entry(drug.routes[0]) for drug in drugs]
    assert set(entries) <= states
    assert len(set(entries)) == len(drugs)


def test_kinds_are_those_of_the_files() -> None:
    for package, base in ((kinetics, Kinetics), (actions, Action)):
        files = {path.stem for path in Path(package.__path__[0]).glob("*.py")} - {"__init__"}
        assert {kind.replace("-", "_") for kind in kinds(package, base)} == files


def test_an_action_dropped_as_one_file_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dropped.py").write_text(DROPPED, encoding="utf-8")
    monkeypatch.setattr(actions, "__path__", [*actions.__path__, str(tmp_path)])
    monkeypatch.setattr(actions, "dropped", None, raising=False)
    kinds.cache_clear()
    try:
        assert "dropped" in kinds(actions, Action)
        read = TypeAdapter(any_of(actions, Action)).validate_python({"kind": "dropped", "rate": q(0.1, "1/day")})
        drug = shipped("nivolumab").model_copy(update={"actions": (read,)})
        model = system(context(), drug)
        assert any(parameter.name == "k_nivolumab" for parameter in model.parameters)
    finally:
        kinds.cache_clear()
        sys.modules.pop(f"{actions.__name__}.dropped", None)


def test_a_field_refuses_a_quantity_of_another_dimension() -> None:
    given = {"kind": "block", "molecule": "PD-1", "affinity": q(2.6, "1/day")}
    with pytest.raises(ValidationError, match="like 'nM'"):
        TypeAdapter(any_of(actions, Action)).validate_python(given)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValidationError, match="does not match any of the expected tags"):
        TypeAdapter(any_of(kinetics, Kinetics)).validate_python({"kind": "compartment"})
