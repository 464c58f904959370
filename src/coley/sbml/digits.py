"""Numbers of a document with all their digits: libSBML writes fifteen, and a double may need seventeen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

_NAMESPACE = "http://www.sbml.org/sbml/level3/version2/core"
_STAND_IN = "coley_number_"
_MATH = re.compile(rf"<ci> {_STAND_IN}([0-9a-f]+)_(\w*) </ci>")
_TAG = re.compile(r"<(?:parameter|species|compartment) [^>]*>")
_ID = re.compile(r' id="(\w+)"')
_VALUE = re.compile(r' (value|initialAmount|size)="[^"]*"')


def fits(number: float) -> bool:
    """Whether ``number`` in a formula comes back from libSBML to the last bit."""
    digits, _, exponent = f"{number:.15g}".partition("e")
    return float(digits) * 10.0 ** int(exponent or 0) == number  # the exponent stands apart, and is multiplied in


def stand_in(number: float, unit: str) -> str:
    """A name that stands in formulas for a number that libSBML would round."""
    return f"{_STAND_IN}{number.hex().encode().hex()}_{unit}"


def exact(document: str, values: Mapping[str, float]) -> str:
    """``document`` with numbers for their stand-ins, and with the ``values`` of its elements in full, by identifier."""

    def tag(found: re.Match[str]) -> str:
        identifier = _ID.search(found[0])
        if identifier is None or identifier[1] not in values:
            return found[0]
        return _VALUE.sub(lambda value: f' {value[1]}="{values[identifier[1]]!r}"', found[0])

    def number(found: re.Match[str]) -> str:
        value = float.fromhex(bytes.fromhex(found[1]).decode())
        return f'<cn xmlns:sbml="{_NAMESPACE}" sbml:units="{found[2]}"> {Decimal(repr(value)):f} </cn>'

    return _MATH.sub(number, _TAG.sub(tag, document))
