"""How the installation is doing."""

from litestar import Response, get
from litestar.params import FromQuery

from tenfold.store.status import read_status
from tenfold.web.console import pages
from tenfold.web.console.access import Visiting


@get("/status", sync_to_thread=True)
def status_page(visit: Visiting, redelivered: FromQuery[int | None] = None) -> Response[str]:
    """Counts, what failed and why. Everybody with an account may see it: it shows nobody's words."""
    with visit.runtime.pool.connection() as conn:
        status = read_status(conn)
    return pages.render(visit, "status.html", section="status", status=status, redelivered=redelivered)


handlers = [status_page]
