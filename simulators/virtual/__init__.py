"""The virtual floor: the line's own code under a seeded loop of our own, against the same twins, in virtual time."""
