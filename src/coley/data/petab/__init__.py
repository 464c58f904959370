"""PEtab problems: models with experiments and measurements, simulated, with their log-likelihood.

::

    problem = load("problem.yaml")
    fit = evaluate(problem)
    fit.llh, fit.simulations, fit.residuals

The format: Schmiester L et al., PLoS Comput Biol 2021;17:e1008646, doi 10.1371/journal.pcbi.1008646. Needs the extra
``petab``.
"""

from coley.data.petab.fit import Fit, evaluate
from coley.data.petab.loading import load
from coley.data.petab.problem import PetabProblem

__all__ = ["Fit", "PetabProblem", "evaluate", "load"]
