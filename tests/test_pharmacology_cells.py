"""CAR T cells against what is published of tisagenlecleucel, in a toy cancer half of whose cells lack CD19."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from pharmacology_toy import context, course, last, shipped, system, with_actions
from pharmacology_toy import without_t_cells as alone

NAME = "tisagenlecleucel"
DAYS = np.arange(0.0, 181.0, 0.5)
INFUSION = 5.0
DOSE = (INFUSION, 3e8, f"A_{NAME}")
LYMPHODEPLETION = tuple(
    (float(day), amount, f"A1_{drug}")
    for day in range(3)
    for drug, amount in (("fludarabine", 45), ("cyclophosphamide", 450))
)


def treated(*, depleted: bool = True, cells: float = 1e9) -> xr.Dataset:
    """Fludarabine and cyclophosphamide on three days, cells two days later, as in the label for lymphoma."""
    drugs = [shipped(name) for name in ("fludarabine", "cyclophosphamide", NAME)]
    doses = (*(LYMPHODEPLETION if depleted else ()), DOSE)
    return course(system(alone(), *drugs), DAYS, *doses, cells=cells)


def peak(found: xr.Dataset) -> tuple[float, float]:
    """Day of the peak after infusion, and cells at it."""
    effectors = found[f"E_{NAME}"].to_numpy()[0]
    return float(DAYS[np.argmax(effectors)] - INFUSION), float(effectors.max())


@pytest.mark.parametrize("cells", [1e9, 1e10])
def test_expansion_peaks_when_it_does_in_patients(cells: float) -> None:
    """Median 9.3 days in Stein et al. (2019) and 9 to 10 in the label; most patients within 7 to 14 days."""
    day, _ = peak(treated(cells=cells))
    assert 7 <= day <= 14


def test_cells_contract_at_the_published_rate_and_leave_memory() -> None:
    """Stein et al. (2019): half-lives of 4.3 (some 2 to 9 in most patients) and 220 days, 0.8 % in the slow phase."""
    found = treated()
    effectors = found[f"E_{NAME}"].to_numpy()[0] + found[f"M_{NAME}"].to_numpy()[0]
    top = int(np.argmax(effectors))
    fast = np.log(effectors[top + 20] / effectors[top + 50]) / 15
    assert 2.0 < np.log(2) / fast < 9.0
    slow = np.log(effectors[-61] / effectors[-1]) / 30
    assert 150 < np.log(2) / slow < 250
    assert 0.002 < effectors[-1] / effectors[top] < 0.03


def test_cells_hardly_expand_without_lymphodepletion() -> None:
    """Dudley et al., Science 298:850 (2002): transferred cells persist after lymphodepletion, not without."""
    with_room, without = peak(treated()), peak(treated(depleted=False))
    assert without[1] < 1e-2 * with_room[1]


def test_the_peak_hardly_depends_on_the_dose() -> None:
    """Awasthi et al., Blood Adv 4:560 (2020): exposure was independent of the dose over 0.1 to 6e8 cells."""
    model = system(alone(), *(shipped(name) for name in ("fludarabine", "cyclophosphamide", NAME)))
    low, high = (peak(course(model, DAYS, *LYMPHODEPLETION, (INFUSION, dose, f"A_{NAME}")))[1] for dose in (6e7, 6e8))
    assert high < 2 * low


def test_a_product_with_cd28_peaks_earlier_and_lasts_less_long() -> None:
    """Axicabtagene ciloleucel peaks a week after infusion (Neelapu et al., N Engl J Med 377:2531, 2017)."""
    drugs = [shipped(name) for name in ("fludarabine", "cyclophosphamide", "axicabtagene-ciloleucel")]
    found = course(system(alone(), *drugs), DAYS, *LYMPHODEPLETION, (INFUSION, 1.5e8, "A_axicabtagene_ciloleucel"))
    effectors, other = (x.to_numpy()[0] for x in (found["E_axicabtagene_ciloleucel"], treated()[f"E_{NAME}"]))
    assert 5 <= DAYS[np.argmax(effectors)] - INFUSION <= 11
    assert effectors[120] / effectors.max() < other[120] / other.max()


def test_cells_without_the_antigen_are_spared_and_relapse() -> None:
    """CD19-negative relapse: Maude et al., N Engl J Med 378:439 (2018)."""
    found = treated()
    seen, bare = (found[f"C_{clone}_1"].to_numpy()[0] for clone in ("wild", "bare"))
    assert (seen / bare).min() < 0.15
    assert last(found, "C_bare_1") > 1e8


def test_product_without_its_antigen_contracts_and_kills_nobody() -> None:
    drug = shipped(NAME)
    toy = alone(antigens=())
    found, control = course(system(toy, drug), DAYS, DOSE), course(system(toy), DAYS)
    assert peak(found)[0] < 3
    assert last(found, f"E_{NAME}") < 1.0
    assert last(found, "C_wild_1") == pytest.approx(last(control, "C_wild_1"), rel=1e-3)


def test_cells_in_lesions_are_what_kills() -> None:
    """The product without its receptor's action divides and enters lesions, and the cancer grows on."""
    idle = with_actions(shipped(NAME))
    drugs = [shipped("fludarabine"), idle]
    found = course(system(alone(), *drugs), DAYS[:60], *(dose for dose in LYMPHODEPLETION if "flu" in dose[2]), DOSE)
    assert found[f"E_{NAME}_1"].to_numpy().max() > 0
    assert last(found, "C_wild_1") == pytest.approx(last(found, "C_bare_1"))


def test_lymphodepletion_spares_a_tenth_at_most_and_lymphocytes_return() -> None:
    """Lymphocytes fall below a tenth within days (labels of the regimen: nearly every patient below 0.5e9/L)."""
    model = system(context(), shipped("fludarabine"), shipped("cyclophosphamide"))
    found = course(model, np.linspace(0, 120, 121), *LYMPHODEPLETION)
    pool = found["NK_S"].to_numpy()[0] / 2e10
    assert pool.min() < 0.1
    assert pool[-1] > 0.9
