"""Catalogue: all that is known of drugs, cancers, regimens and trials, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from coley.catalogue.bases import whole
from coley.catalogue.reading import Document
from coley.catalogue.values import Change, change
from coley.disease import Disease, disease_of
from coley.errors import ColeyError, Problem, did_you_mean
from coley.facts import Cancer, Comorbidity, Fact, Physiology, Source
from coley.harm import Care, Harm
from coley.pharmacology import Drug, NamedRegimen
from coley.protocol import Claim, Trial
from coley.regimen import check, parse

Named = Cancer | Care | Claim | Comorbidity | Drug | Harm | NamedRegimen | Trial
N = TypeVar("N", bound=Named)
Key = tuple[str, str]
"""Of an entry: its folder and its name."""
NOTHING = ("observation", "placebo")
"""Regimens of arms that are given nothing."""


@dataclass(frozen=True)
class Catalogue:
    """Entries by name, the physiology that all cancers share, and sources by citation key.

    Attributes:
        documents: the file that each entry stands in, by folder and name.
        changes: numbers that were given other values than their files have.
    """

    drugs: Mapping[str, Drug]
    cancers: Mapping[str, Cancer]
    trials: Mapping[str, Trial]
    regimens: Mapping[str, NamedRegimen]
    harms: Mapping[str, Harm]
    care: Mapping[str, Care]
    comorbidities: Mapping[str, Comorbidity]
    claims: Mapping[str, Claim]
    facts: Mapping[str, Fact]
    sources: Mapping[str, Source]
    physiology: Physiology
    documents: Mapping[Key, Document] = field(repr=False, compare=False)
    changes: tuple[Change, ...] = ()

    def disease(self, name: str) -> Disease:
        """The cancer called ``name`` as a disease of its kind.

        Raises:
            ColeyError: where there is none, with the nearest names.
        """
        return disease_of(self.cancer(name), self.physiology)

    def drug(self, name: str) -> Drug:
        """The drug called ``name``, by its name, title or a synonym, whatever the case.

        Raises:
            ColeyError: where there is none, with the nearest names.
        """
        return find("drug", name, self.drugs)

    def cancer(self, name: str) -> Cancer:
        """The cancer called ``name``, by its name, title or a synonym, whatever the case, standing on its base.

        Raises:
            ColeyError: where there is none, with the nearest names.
        """
        return whole(find("cancer", name, self.cancers), self.cancers)

    def trial(self, name: str) -> Trial:
        """The trial called ``name``, by its name, title or registration, whatever the case.

        Raises:
            ColeyError: where there is none, with the nearest names.
        """
        return find("trial", name, self.trials)

    def with_values(self, texts: Sequence[str], *, cancer: str) -> Catalogue:
        """This catalogue with other values of some numbers, for models of ``cancer``.

        Args:
            texts: each ``NAME = NUMBER`` or ``NAME = NUMBER UNIT``, which gives the median patient another value and
                keeps the spread; or ``NAME ~ DISTRIBUTION(...)``, as :func:`coley.data.read_variations` has it. Names
                are those of parameters of the model (``k_growth``, ``f_MHC_low``, ``CL_nivolumab``) and of what
                patients are drawn from (``age``). Without a unit, numbers are in the one that the catalogue has.
            cancer: name of the cancer whose numbers they are, where they are of a cancer.

        Raises:
            ColeyError: with every text that cannot be read, is of no number, or gives it a value that cannot be.
        """
        changed = self
        problems: list[Problem] = []
        for text in texts:
            try:
                update, made = change(changed, text, cancer)
            except ColeyError as error:
                problems += error.problems
            else:
                changed = replace(changed, **update, changes=(*changed.changes, made))
        if problems:
            raise ColeyError(problems)
        return changed

    def regimen_text(self, name_or_text: str) -> str:
        """The text of the regimen called ``name_or_text``; or ``name_or_text`` itself, where it is not a single word.

        Raises:
            ColeyError: where a single word names no regimen.
        """
        text = name_or_text.strip()
        if len(text.split()) > 1 and fold(text) not in by_any_name(self.regimens):
            return text
        return find("regimen", text, self.regimens).text

    @property
    def regimen_texts(self) -> dict[str, str]:
        """Texts of the named regimens by name, for the names that a regimen may contain."""
        return {name: regimen.text for name, regimen in self.regimens.items()}

    def regimen_problems(self, name_or_text: str) -> list[Problem]:
        """What keeps ``name_or_text`` from being given: faults of the text, unknown drugs, routes, dose units."""
        if name_or_text.strip() in NOTHING:
            return []
        try:
            return list(check(parse(self.regimen_text(name_or_text), self.regimen_texts), self.drugs))
        except ColeyError as error:
            return list(error.problems)


def find(kind: str, name: str, entries: Mapping[str, N]) -> N:
    """The entry called ``name``, by its name, title or a synonym, whatever the case.

    Raises:
        ColeyError: where there is none; ``kind`` says of what.
    """
    entry = entries.get(name) or by_any_name(entries).get(fold(name))
    if entry is None:
        hint = did_you_mean(name, {*entries, *(other for e in entries.values() for other in _synonyms(e))})
        hint = hint if hint.startswith("did you mean") else f"known: {', '.join(sorted(entries))}"
        raise ColeyError(Problem("", f"unknown {kind} {name!r}", hint))
    return entry


def by_any_name(entries: Mapping[str, N]) -> dict[str, N]:
    """Entries by name, title and synonym, folded. A name goes before another entry's synonym."""
    found = {fold(other): entry for entry in entries.values() for other in (entry.title, *_synonyms(entry))}
    return found | {fold(name): entry for name, entry in entries.items()}


def fold(name: str) -> str:
    """``CheckMate 067``, ``checkmate_067`` and ``checkmate-067`` are the same name."""
    return "-".join(name.casefold().replace("_", " ").replace("-", " ").split())


def _synonyms(entry: Named) -> tuple[str, ...]:
    if isinstance(entry, Trial):
        return (entry.registration,) if entry.registration else ()
    return getattr(entry, "synonyms", ())
