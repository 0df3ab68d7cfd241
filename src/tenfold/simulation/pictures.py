"""Perceptual hashes of simulated pictures: 256 bits as PDQ gives them, written as 64 hex digits."""

from random import Random

STOCK_AVATARS = 24


def picture(random: Random) -> str:
    """A picture that nobody else has."""
    return f"{random.getrandbits(256):064x}"


def edited(pdq: str, bits: int, random: Random) -> str:
    """The hash after a crop or re-encoding: exactly `bits` of 256 flipped.

    Re-encoding flips up to about 10, light crops and overlays 10 to 40 (published PDQ evaluations
    take 31 as the threshold of a match).
    """
    value = int(pdq, 16)
    for place in random.sample(range(256), bits):
        value ^= 1 << place
    return f"{value:064x}"


def distance(first: str, second: str) -> int:
    """How many bits differ."""
    return (int(first, 16) ^ int(second, 16)).bit_count()
