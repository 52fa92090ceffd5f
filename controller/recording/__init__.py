"""Recording of a running line: all bytes of its wires, its frames, its clock, and what people and dispatch said."""
