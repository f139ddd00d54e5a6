"""A local HTTP server that speaks the feeds' own shapes; it knows nothing of the panel."""

from nbapanel.simulator.running import RunningSimulator, make_desk, running, serve

__all__ = ["RunningSimulator", "make_desk", "running", "serve"]
