"""Cameras: pictures that were exposed after their trigger."""
