"""Where drugs go: one kind of kinetics a file, with its schema and its equations."""
