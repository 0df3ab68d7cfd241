"""Do they belong together? Association with closed accounts, never an identity."""
