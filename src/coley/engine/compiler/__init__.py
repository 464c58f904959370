"""From a System to machine code: expressions, sparse elimination and a whole Rosenbrock step as IR on vectors."""
