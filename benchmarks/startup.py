"""What a user waits for before anything is solved: imports, and compiling, for the first time and from disk.

    python benchmarks/startup.py

Every number is seconds of the processor in a new process; "first" with empty caches of kernels and of the driver.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from models import machine

IMPORT = "import time; t = time.process_time(); import {0}; print(time.process_time() - t)"
KERNELS = """
import sys, time
sys.path.insert(0, {folder!r})
from models import network, assembled
from coley.engine.compiler.kernels import kernels
from coley.engine.tableau import RODAS4
system = {system}
t = time.process_time(); kernels(system, RODAS4); print(time.process_time() - t)
"""
DRIVER = """
import sys, time
sys.path.insert(0, {folder!r})
from models import *
from coley.engine import rosenbrock
system = network(4)
t = time.process_time()
rosenbrock.follow(system, population(system, 1, np.array([0.0, 1.0])), control(system, 1e-4), 1)
print(time.process_time() - t)
"""


def seconds(code: str, caches: str | None = None) -> float:
    more = {"XDG_CACHE_HOME": caches, "NUMBA_CACHE_DIR": f"{caches}/numba"} if caches else {}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ | more
    )
    return float(done.stdout)


def main() -> None:
    folder = str(Path(__file__).parent)
    print(f"{machine()}\n\n{'':38} {'first, s':>9} {'again, s':>9}")
    for name in ("coley", "coley.engine"):
        print(f"{'import ' + name:38} {seconds(IMPORT.format(name)):9.3f} {seconds(IMPORT.format(name)):9.3f}")
    cases = {
        "kernels of the melanoma model": KERNELS.format(folder=folder, system="assembled('melanoma')"),
        "kernels of a network of 150 states": KERNELS.format(folder=folder, system="network(150)"),
        "kernels of 150 states, matrix filled": KERNELS.format(folder=folder, system="network(150, 75)"),
        "kernels of a network of 300 states": KERNELS.format(folder=folder, system="network(300)"),
        "kernels of 300 states, matrix filled": KERNELS.format(folder=folder, system="network(300, 75)"),
        "driver, and kernels of 4 states": DRIVER.format(folder=folder),
    }
    for label, code in cases.items():
        with tempfile.TemporaryDirectory() as caches:
            print(f"{label:38} {seconds(code, caches):9.3f} {seconds(code, caches):9.3f}", flush=True)


if __name__ == "__main__":
    main()
