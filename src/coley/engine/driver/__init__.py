"""The driver: steps individuals through time in the lanes of a vector, in compiled code and without the GIL."""
