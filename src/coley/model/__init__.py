"""What a mechanism declares, and how mechanisms become one System."""

from coley.model.assembly import assemble
from coley.model.mechanism import REST, Context, Mechanism, Variable

__all__ = ["REST", "Context", "Mechanism", "Variable", "assemble"]
