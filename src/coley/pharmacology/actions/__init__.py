"""What drugs do: one kind of action a file, with its schema and its equations."""
