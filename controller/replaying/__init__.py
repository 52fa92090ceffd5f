"""Replay of a recording: the line's own code in virtual time over what was recorded, its decisions compared."""
