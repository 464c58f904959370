"""Mechanisms: one biology per file, each a function from a Context to a Mechanism.

They never import each other. They meet by the names of states, rules and shared terms, which ``library`` puts together.
"""
