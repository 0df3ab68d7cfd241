"""Threats as records: whom they are against, who keeps making them, what was done about each."""
