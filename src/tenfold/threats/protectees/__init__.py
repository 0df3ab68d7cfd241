"""Protectees: people, teams, offices, places and events that are watched over, and which texts name them."""

from tenfold.threats.protectees.matches import How, Match
from tenfold.threats.protectees.watch import Text, Watch

__all__ = ["How", "Match", "Text", "Watch"]
