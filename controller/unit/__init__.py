"""The PackML unit: its table of states and commands, and the machine that runs it."""
