"""Network addresses and devices of simulated people, all from ranges that no real host has.

Homes: 10.0.0.0/8, and 2001:db8::/32 for every fifth; carriers behind address translation:
100.64.0.0/10; exits of VPN services: 198.18.0.0/15. A few carrier addresses serve very many people
(Zipf, exponent 1.2), as they do in life.
"""

import numpy as np
from numpy.typing import NDArray

from tenfold.simulation.mixing import mix

ACCOUNTS_PER_CARRIER_ADDRESS = 40
VPN_EXITS = 300
COMMON_FINGERPRINTS = 12  # devices so alike that a fingerprint does not tell them apart
CARRIER_EXPONENT = 1.2

USER_AGENTS = (
    "Mozilla/5.0 (Linux; Android 14; SM-A155F) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile Safari",
    "Mozilla/5.0 (Linux; Android 13; Redmi Note 12) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/131.0 Safari/537.36",
    "PlatformApp/5.2 (Android 14)",
    "PlatformApp/5.2 (iOS 18.1)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0",
    "PlatformApp/4.9 (Android 11)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
)


def zipf(size: int, choices: int, exponent: float, generator: np.random.Generator) -> NDArray[np.int64]:
    """`size` draws from 0..choices-1 with probability proportional to (rank + 1) ** -exponent."""
    weights = np.arange(1, choices + 1, dtype=np.float64) ** -exponent
    cumulative = np.cumsum(weights)
    drawn: NDArray[np.int64] = np.searchsorted(cumulative, generator.random(size) * cumulative[-1])
    return drawn


def home_address(household: int, lease: int) -> str:
    """A household's address; another `lease` (after the router restarted) keeps the first three bytes."""
    scrambled = mix(household)
    if household % 5 == 0:
        return f"2001:db8:{scrambled & 0xFFFF:x}:{scrambled >> 16 & 0xFFFF:x}::{lease + 1:x}"
    block = scrambled & 0xFFFF
    return f"10.{block >> 8}.{block & 0xFF}.{((scrambled >> 16) + 61 * lease) % 254 + 1}"


def carrier_address(index: int) -> str:
    """The address that a carrier shows for many of its customers."""
    scrambled = mix(index) & 0x3FFFFF
    return f"100.{64 + (scrambled >> 16)}.{scrambled >> 8 & 0xFF}.{scrambled & 0xFF}"


def vpn_address(index: int) -> str:
    """An exit of a VPN service."""
    scrambled = mix(index) & 0xFFFF
    return f"198.18.{scrambled >> 8}.{scrambled & 0xFF}"


def network_of(address: str) -> str:
    """The first three bytes of an IPv4 address, the first 64 bits of an IPv6 address."""
    return address.rpartition("::")[0] if ":" in address else address.rpartition(".")[0]


def device_name(device: int) -> str:
    """What the platform calls a device."""
    return f"d{mix(device):016x}"


def user_agent(device: int) -> str:
    """A device keeps its user agent; the first of the list are the commonest."""
    share = (mix(device + 7) & 0xFFFF) / 0x10000
    return USER_AGENTS[int(len(USER_AGENTS) * share**1.7)]
