"""Rosenbrock methods: their coefficients, as data.

One step from y over h solves, with J the Jacobian at the start and f_t the derivative of the rates by time,

    (1 / (gamma h) - J) u_i = f(t + alpha_i h, y + sum_j a_ij u_j) + sum_j c_ij / h u_j + h d_i f_t

for each stage i, and ends at y + sum_i m_i u_i with the error estimate sum_i e_i u_i.
"""

from __future__ import annotations

from dataclasses import dataclass

Row = tuple[float, ...]


@dataclass(frozen=True)
class Method:
    """One method, in the form above.

    Attributes:
        order: of the result; ``error_order`` is that of the embedded result which the estimate compares it with.
        a, c: row i holds the coefficients of the stages before it.
        dense: row k holds the coefficients of r_k = sum_i dense_ki u_i; between the ends, at share s of the step,
            y = (1 - s) y0 + s (y1 + (1 - s) (r_1 + s (r_2 + ...))).
        source: where the coefficients come from.
    """

    name: str
    order: int
    error_order: int
    gamma: float
    alpha: Row
    d: Row
    a: tuple[Row, ...]
    c: tuple[Row, ...]
    m: Row
    e: Row
    dense: tuple[Row, ...]
    source: str

    @property
    def stages(self) -> int:
        """Evaluations of the rates in a step."""
        return len(self.alpha)


_RODAS4_A5 = (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950)

RODAS4 = Method(
    name="rodas4",
    order=4,
    error_order=3,
    gamma=0.25,
    alpha=(0.0, 0.386, 0.21, 0.63, 1.0, 1.0),
    d=(0.25, -0.1043, 0.1035, -0.03620000000000023, 0.0, 0.0),
    a=(
        (),
        (1.544,),
        (0.9466785280815826, 0.2557011698983284),
        (3.314825187068521, 2.896124015972201, 0.9986419139977817),
        _RODAS4_A5,
        (*_RODAS4_A5, 1.0),
    ),
    c=(
        (),
        (-5.6688,),
        (-2.430093356833875, -0.2063599157091915),
        (-0.1073529058151375, -9.594562251023355, -20.47028614809616),
        (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160),
        (8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054),
    ),
    m=(*_RODAS4_A5, 1.0, 1.0),
    e=(0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
    dense=(
        (10.12623508344586, -7.487995877610167, -34.80091861555747, -7.992771707568823, 1.025137723295662, 0.0),
        (-0.6762803392801253, 6.087714651680015, 16.43084320892478, 24.76722511418386, -6.594389125716872, 0.0),
    ),
    source=(
        "Hairer and Wanner, Solving Ordinary Differential Equations II, 2nd ed. 1996, section IV.7, method RODAS: "
        "stiffly accurate and L-stable, order 4 with an embedded 3, dense output of order 3"
    ),
)
