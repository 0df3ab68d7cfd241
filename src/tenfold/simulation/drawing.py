"""A generator of random numbers that is quickly told to begin again, for things drawn from their own seed."""

from random import Random


class Drawing(Random):
    """Like Random; `restart` is `seed` for integers without its detours (a third faster)."""

    def restart(self, number: int) -> None:
        """Draw from here on what belongs to this number, which is not negative."""
        super(Random, self).seed(number)
        self.gauss_next = None
