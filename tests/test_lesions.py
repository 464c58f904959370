"""What a scan shows of a burden: closed forms for spheres, and hand-made lesions."""

from __future__ import annotations

import numpy as np
import pytest

from coley.catalogue import Quantity, load_catalogue
from coley.trial.lesions import MAX_TARGETS, Lesions, diameter, lesions

FACTS = load_catalogue().physiology.patients


def facts(**changes: float) -> dict[str, Quantity]:
    return {name: q.model_copy(update={"value": changes.get(name, q.value)}) for name, q in FACTS.items()}


def by_hand(missed: bool = False) -> Lesions:
    """One patient with two target lesions of 60 and 30 % of the burden, read without error at two visits."""
    share = np.array([[0.6, 0.3, 0.0, 0.0, 0.0]])
    none = np.zeros((1, 2, MAX_TARGETS))
    return Lesions(share, np.array([0.1]), none, np.array([[False, missed]]), reader_error=0.05, smallest=3.0)


def test_diameter_of_a_sphere() -> None:
    """Volume of a sphere of radius 5 mm: 4/3 π 0.5³ mL; of 1 L: 124.07 mm."""
    volumes = np.array([4 / 3 * np.pi * 0.5**3, 1000.0, 0.0, -1e-12])
    assert diameter(volumes) == pytest.approx([10.0, 124.07, 0.0, 0.0], abs=0.005)


def test_reading_is_in_whole_millimetres_and_tiny_lesions_are_gone() -> None:
    """By hand: 6 and 3 mL are 22.55 and 17.89 mm. Of 0.04 mL, 0.024 and 0.012 mL are 3.58 and 2.84 mm."""
    assert by_hand().read(np.array([10.0]), 1).tolist() == [[23.0, 18.0, 0.0, 0.0, 0.0]]
    assert by_hand().read(np.array([0.04]), 1).tolist() == [[4.0, 0.0, 0.0, 0.0, 0.0]]
    assert by_hand().read(np.array([0.0]), 1).tolist() == [[0.0] * 5]


def test_missed_scan_reads_nothing() -> None:
    assert np.isnan(by_hand(missed=True).read(np.array([10.0]), 1)).all()
    assert not np.isnan(by_hand(missed=True).read(np.array([10.0]), 0)).any()


def test_other_lesions_are_gone_below_the_smallest_diameter() -> None:
    """A tenth of the burden is 3 mm at 0.01414 mL, so at a burden of 0.1414 mL."""
    assert [bool(by_hand().others_gone(np.array([v]))[0]) for v in (0.141, 0.142)] == [True, False]


def test_shares_sum_to_the_burden_with_the_largest_first() -> None:
    drawn = lesions(FACTS, range(200), 3, seed=1)
    np.testing.assert_allclose(drawn.share.sum(axis=1) + drawn.elsewhere, 1.0)
    assert (np.diff(drawn.share, axis=1) <= 0).all() and (drawn.share[:, 0] > 0).all()
    assert ((drawn.elsewhere > 0) & (drawn.elsewhere < 1)).all()


@pytest.mark.parametrize("mean", [1.0, 2.6, 5.0])
def test_number_of_target_lesions_has_the_mean_of_the_catalogue(mean: float) -> None:
    """1 + Binomial(4, (mean - 1) / 4), whose standard deviation is at most 1."""
    drawn = lesions(facts(n_lesions=mean), range(600), 1, seed=1)
    number = (drawn.share > 0).sum(axis=1)
    assert number.mean() == pytest.approx(mean, abs=3.3 / np.sqrt(600))
    assert number.min() >= 1 and number.max() <= MAX_TARGETS


def test_reader_error_is_that_of_the_logarithm() -> None:
    """Of lesions of some 100 mm, where rounding to 1 mm adds 0.3 %; the error of a standard deviation is 1/sqrt(2n)."""
    drawn = lesions(facts(n_lesions=1.0, reader_error=0.07), range(800), 2, seed=4)
    size = np.full(800, 1000.0)
    true = diameter(drawn.share[:, 0] * size)
    read = np.log(drawn.read(size, 1)[:, 0] / true)
    made = ~np.isnan(read)
    assert read[made].std() == pytest.approx(0.07, rel=3.3 / np.sqrt(2 * 700))
    assert read[made].mean() == pytest.approx(0.0, abs=3.3 * 0.07 / np.sqrt(700))


def test_scans_are_missed_at_the_rate_of_the_catalogue_but_never_at_baseline() -> None:
    drawn = lesions(facts(scan_missed=0.2), range(300), 11, seed=1)
    assert not drawn.missed[:, 0].any()
    assert drawn.missed[:, 1:].mean() == pytest.approx(0.2, abs=3.3 * np.sqrt(0.16 / 3000))


def test_lesions_of_a_patient_do_not_depend_on_the_others() -> None:
    many, alone = lesions(FACTS, range(9), 4, seed=1), lesions(FACTS, [7], 4, seed=1)
    for name in ("share", "elsewhere", "errors", "missed"):
        np.testing.assert_array_equal(getattr(many, name)[7], getattr(alone, name)[0])
