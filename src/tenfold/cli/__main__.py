"""`python -m tenfold.cli`, as the server starts its workers."""

from tenfold.cli import main

main()
