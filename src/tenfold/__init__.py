"""Tenfold: self-hosted trust & safety against terrorist networks on online platforms."""

__version__ = "0.1.0"
