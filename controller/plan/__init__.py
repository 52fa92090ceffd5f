"""`line.toml` and what follows from it: devices, recipes, layouts, what was taught."""
