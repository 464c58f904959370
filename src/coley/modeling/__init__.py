"""What a mechanism declares, and how mechanisms become one System."""

from coley.modeling.assembly import assemble
from coley.modeling.mechanism import REST, Context, Mechanism, Variable

__all__ = ["REST", "Context", "Mechanism", "Variable", "assemble"]
