"""Named models for reading and teaching."""

from coley.library.basic import basic

__all__ = ["basic"]
