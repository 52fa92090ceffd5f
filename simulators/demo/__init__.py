"""The demo: a whole line on real wires, its plant, its broker and its dispatch, each in a process of its own."""
