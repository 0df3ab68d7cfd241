"""Words in pictures: where lines of text stand, and what they say in Arabic and in Latin letters."""
