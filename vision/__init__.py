"""Picture in, verdict out: no I/O, no clock, no state."""
