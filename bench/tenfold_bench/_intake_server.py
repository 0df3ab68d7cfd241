"""The web application alone (no workers) under uvicorn.

`python -m tenfold_bench._intake_server URL PORT [LEVEL]`. LEVEL: from which on it logs, as `tenfold serve`
does; without it, it logs warnings alone.
"""

import sys

import uvicorn

from tenfold.config import Settings
from tenfold.store import database
from tenfold.web import logs
from tenfold.web.app import create_app
from tenfold.web.runtime import Runtime

SECRET = b"the installation's key of the bench"


def main() -> None:
    url, port = sys.argv[1], int(sys.argv[2])
    if len(sys.argv) > 3:
        logs.begin(sys.argv[3])
    settings = Settings(events_per_second=1_000_000)
    runtime = Runtime(settings=settings, url=url, pool=database.pool(url, 8), secret=SECRET)
    uvicorn.run(
        create_app(runtime),
        port=port,
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
