"""Blocks: parameters that share a trial, with those trials. What is in one block tells nothing of another.

Where a plan frees a few numbers of each of many cancers, every trial knows those of one cancer and its drugs only. A
simulation of all trials then tries a step of every block at once, and each block takes it or leaves it by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Block:
    """Indices of parameters, ascending, and the trials that can tell one value of them from another."""

    parameters: tuple[int, ...]
    trials: frozenset[str]


def blocks_of(touched: Sequence[frozenset[str]]) -> tuple[Block, ...]:
    """The blocks of parameters that each touch the trials ``touched``, in the order of their first parameters."""
    blocks: list[Block] = []
    for k, trials in enumerate(touched):
        shared = [block for block in blocks if block.trials & trials]
        blocks = [block for block in blocks if block not in shared]
        members = sorted((k, *(number for block in shared for number in block.parameters)))
        blocks.append(Block(tuple(members), trials.union(*(block.trials for block in shared))))
    return tuple(sorted(blocks, key=lambda block: block.parameters))
