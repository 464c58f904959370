"""exp, log and pow of vectors, in IR: accurate to about one unit in the last place over the whole range.

Reduction and series are the textbook's (Muller, Elementary Functions, 3rd ed. 2016, chapters 3 and 11): exp by powers
of 2 and a Taylor polynomial on |r| <= ln(2)/2; log by 2 atanh((m - 1) / (m + 1)) on sqrt(1/2) <= m < sqrt(2), carried
as a sum of two doubles so that pow keeps its digits. ln(2) is the sum of a double with 32 significant bits and a rest.
"""

from __future__ import annotations

import math

from coley.engine.compiler.ir import Function, Value, constant, integer

LN2_HIGH, LN2_LOW = float.fromhex("0x1.62e42feep-1"), float.fromhex("0x1.a39ef35793c76p-33")
_ROOT_HALF = 0x3FE6A09E667F3BCD  # bits of sqrt(1/2)
_MANTISSA = 52
_LARGEST, _SMALLEST_NORMAL = math.nextafter(math.inf, 0), 2.0**-1022
_EXP_TERMS, _LOG_TERMS = 14, 12


def prelude() -> str:
    """Definitions of ``coley_exp``, ``coley_log`` and ``coley_pow``."""
    return "\n".join(map(str, (_exp(), _log(), _pow())))


def _function(name: str, *arguments: str) -> Function:
    return Function(name, [f"$V {a}" for a in arguments], result="$V", linkage="internal", flags="")


def _exp() -> Function:
    f = _function("coley_exp", "%x")
    f.emit(f"ret $V {_exp_of_sum(f, '%x', constant(0.0))}")
    return f


def _log() -> Function:
    f = _function("coley_log", "%x")
    high, low = _log_parts(f, "%x")
    result = _log_edges(f, "%x", f.binary("fadd", high, low))
    f.emit(f"ret $V {result}")
    return f


def _exp_of_sum(f: Function, x: Value, rest: Value) -> Value:
    """exp(x + rest), for a rest far smaller than x."""
    low = f.select(f.compare("olt", x, constant(-746.0)), constant(-746.0), x)  # keeps NaN
    inside = f.select(f.compare("ogt", low, constant(710.0)), constant(710.0), low)
    k = f.intrinsic("rint", f.binary("fmul", inside, constant(1 / math.log(2))))
    minus = f.negative(k)
    r = f.fma(minus, constant(LN2_LOW), f.fma(minus, constant(LN2_HIGH), inside))
    r = f.binary("fadd", r, rest)
    p = constant(1 / math.factorial(_EXP_TERMS - 1))
    for i in range(_EXP_TERMS - 2, 1, -1):
        p = f.fma(p, r, constant(1 / math.factorial(i)))
    p = f.fma(f.binary("fmul", r, r), p, r)  # exp(r) - 1
    p = f.binary("fadd", p, constant(1.0))
    return _scaled(f, p, k)


def _scaled(f: Function, p: Value, k: Value) -> Value:
    """p 2^k in two steps, because k reaches beyond the exponents of a double."""
    half = f.intrinsic("floor", f.binary("fmul", k, constant(0.5)))
    for part in (half, f.binary("fsub", k, half)):
        p = f.binary("fmul", p, _power_of_two(f, part))
    return p


def _power_of_two(f: Function, k: Value) -> Value:
    finite = f.select(f.compare("ord", k, k), k, constant(0.0))  # NaN has no integer; p carries it on
    biased = f.value(f"add $I {f.value(f'fptosi $V {finite} to $I')}, {integer(1023)}")
    return f.value(f"bitcast $I {f.value(f'shl $I {biased}, {integer(_MANTISSA)}')} to $V")


def _log_parts(f: Function, x: Value) -> tuple[Value, Value]:
    """log(x) as a sum of two doubles, for finite x > 0."""
    tiny = f.compare("olt", x, constant(_SMALLEST_NORMAL))
    normal = f.select(tiny, f.binary("fmul", x, constant(2.0**54)), x)
    bits = f.value(f"bitcast $V {normal} to $I")
    exponent = f.value(f"ashr $I {f.value(f'sub $I {bits}, {integer(_ROOT_HALF)}')}, {integer(_MANTISSA)}")
    mantissa = f.value(f"sub $I {bits}, {f.value(f'shl $I {exponent}, {integer(_MANTISSA)}')}")
    m = f.value(f"bitcast $I {mantissa} to $V")
    e = f.value(f"sitofp $I {exponent} to $V")
    e = f.select(tiny, f.binary("fsub", e, constant(54.0)), e)

    top = f.binary("fsub", m, constant(1.0))  # exact
    bottom = f.binary("fadd", m, constant(1.0))
    lost = f.binary("fsub", m, f.binary("fsub", bottom, constant(1.0)))
    s = f.binary("fdiv", top, bottom)
    left = f.fma(f.negative(s), lost, f.fma(f.negative(s), bottom, top))
    s_low = f.binary("fdiv", left, bottom)

    z = f.binary("fmul", s, s)
    p = constant(2 / (2 * _LOG_TERMS + 1))
    for i in range(_LOG_TERMS - 1, 0, -1):
        p = f.fma(p, z, constant(2 / (2 * i + 1)))
    series = f.binary("fmul", f.binary("fmul", s, z), p)
    double = f.binary("fadd", s, s)
    low = f.binary("fadd", series, f.binary("fadd", s_low, s_low))
    low = f.fma(e, constant(LN2_LOW), low)
    return _sum(f, f.binary("fmul", e, constant(LN2_HIGH)), double, low)


def _sum(f: Function, large: Value, small: Value, rest: Value) -> tuple[Value, Value]:
    """large + small + rest as high and low part; large is 0 or exceeds small."""
    high = f.binary("fadd", large, small)
    low = f.binary("fadd", rest, f.binary("fsub", small, f.binary("fsub", high, large)))
    top = f.binary("fadd", high, low)
    return top, f.binary("fadd", low, f.binary("fsub", high, top))


def _log_edges(f: Function, x: Value, result: Value) -> Value:
    result = f.select(f.compare("ogt", x, constant(_LARGEST)), constant(math.inf), result)
    result = f.select(f.compare("oeq", x, constant(0.0)), constant(-math.inf), result)
    return f.select(f.compare("ult", x, constant(0.0)), constant(math.nan), result)


def _pow() -> Function:
    f = _function("coley_pow", "%x", "%y")
    size = f.intrinsic("fabs", "%x")
    high, low = _log_parts(f, size)
    product = f.binary("fmul", "%y", high)
    rest = f.fma("%y", low, f.fma("%y", high, f.negative(product)))
    large = f.compare("ogt", f.intrinsic("fabs", product), constant(800.0))  # then the rest may be no number
    power = _exp_of_sum(f, product, f.select(large, constant(0.0), rest))

    up, down = f.compare("ogt", "%y", constant(0.0)), f.compare("olt", "%y", constant(0.0))
    at_zero = f.select(down, constant(math.inf), constant(0.0))
    at_infinity = f.select(up, constant(math.inf), constant(0.0))
    power = f.select(f.compare("oeq", size, constant(0.0)), at_zero, power)
    power = f.select(f.compare("ogt", size, constant(_LARGEST)), at_infinity, power)
    whole = f.compare("oeq", f.intrinsic("rint", "%y"), "%y")
    half = f.binary("fmul", "%y", constant(0.5))
    even = f.compare("oeq", f.intrinsic("rint", half), half)
    signed = f.select(even, power, f.negative(power))
    below = f.select(whole, signed, constant(math.nan))
    power = f.select(f.compare("olt", "%x", constant(0.0)), below, power)
    power = f.select(f.compare("uno", "%x", "%y"), constant(math.nan), power)
    f.emit(f"ret $V {f.select(f.compare('oeq', '%y', constant(0.0)), constant(1.0), power)}")
    return f
