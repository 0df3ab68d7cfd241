"""`/h/hash`: the hashes of a file."""

from anyio import to_thread
from litestar import Request, get, post
from litestar.datastructures import State

from tenfold.web.auth import ApiKey, Scope
from tenfold.web.hma import wire
from tenfold.web.hma.files import Files, Hashing, Sent, signals, uploaded, wanted_types
from tenfold.web.hma.wire import Answer, Form, answer

Auth = Request[None, ApiKey, State]


@get("/h/hash", guards=[wire.needs(Scope.BANKS_READ)], sync_to_thread=True)
def hash_address(request: Auth, files: Hashing) -> Answer:
    """The hashes of the file at a URL."""
    values = wire.parameters(request.scope["query_string"])
    if "url" not in values:
        raise wire.missing("url", dict(values))
    wanted = wanted_types(values.get("types", ""))
    return _answered(files, files.fetched(values["url"], values.get("content_type")), wanted)


@post("/h/hash", guards=[wire.needs(Scope.BANKS_READ)], status_code=200)
async def hash_upload(request: Auth, files: Hashing, form: Form) -> Answer:
    """The hashes of the file that is sent."""
    wanted = wanted_types(wire.parameters(request.scope["query_string"]).get("types", ""))
    sent = await uploaded(form, "Missing multipart/form-data file upload")
    return await to_thread.run_sync(_answered, files, sent, wanted)


def _answered(files: Files, sent: Sent, wanted: list[wire.SignalName]) -> Answer:
    return answer(signals(files.hashes(sent), sent.content, wanted))


handlers = [hash_address, hash_upload]
