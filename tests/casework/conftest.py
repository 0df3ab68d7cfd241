"""Fixtures of casework: the small platform of small_platform."""

from tests.casework.small_platform import platform, state_of

__all__ = ["platform", "state_of"]
