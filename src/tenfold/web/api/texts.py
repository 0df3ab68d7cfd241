"""What holds for every text that a request carries."""

NO_NUL = r"^[^\u0000]*$"  # PostgreSQL keeps no text that holds it
