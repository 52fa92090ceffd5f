"""A twin of every device and the plant between them, faults, and an oracle that sees only physical truth."""
