"""What coley is made of, for readers: terms in plain words, equations, tables of symbols."""

from coley.handbook.explanations import Explanation, explain
from coley.handbook.glossary import Term, glossary

__all__ = ["Explanation", "Term", "explain", "glossary"]
