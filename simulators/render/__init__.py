"""Pictures of the simulated plant, millimetre-true, as its cameras would take them."""

from simulators.render.scene import jpeg, render

__all__ = ["jpeg", "render"]
