"""Lists of hashes as exchanges give them out: files in, records out, and entries of banks from these.

The formats are named as `threatexchange` and Hasher-Matcher-Actioner name the exchanges that use them. Only
fields are read whose names are published; docs/media.md tells which, and which formats are left out.
"""
