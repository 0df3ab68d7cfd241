"""Small pictures at the console: blurred for those who read cases, clear with a token and an audit line."""

import pytest

from tenfold.store import uploads
from tenfold.store.objects import Objects
from tenfold.taxonomy import Role
from tenfold.web.console.access import Visit, csrf_token
from tenfold.web.console.i18n import TRANSLATORS
from tenfold.web.console.thumbnails import blurred_address, clear_address
from tests.console.running import Site

SHA = "ab" * 32
MEDIA = "m/ä 1"
BLURRED, CLEAR = b"\xff\xd8\xff blurred", b"\xff\xd8\xff clear"


@pytest.fixture
def pictured(site: Site) -> Site:
    with site.store() as conn:
        uploads.stored(conn, SHA, 3)
        conn.execute(
            "INSERT INTO media (id, account, created_at, kind, sha256, seq) "
            "VALUES (%s, 'a', now(), 'image', %s, 1)",
            [MEDIA, SHA],
        )
    objects = Objects(site.runtime.settings.objects)
    objects.put_thumbnail(SHA, "blurred", BLURRED)
    objects.put_thumbnail(SHA, "clear", CLEAR)
    return site


def visit(site: Site, client: object) -> Visit:
    """The visit of a client's session, as a page that is being made holds it."""
    anchor = client.cookies["tenfold_session"]  # type: ignore[attr-defined]
    return Visit(
        runtime=site.runtime,
        translator=TRANSLATORS["en"],
        user=None,
        anchor=anchor,
        new_anchor=False,
        csrf=csrf_token(site.runtime.secret, anchor),
        path="/",
        fragment=False,
        form={},
    )


def reveals(site: Site) -> list[str]:
    with site.store() as conn:
        rows = conn.execute("SELECT subject FROM audit WHERE act = 'media.revealed'").fetchall()
    return [subject for (subject,) in rows]


def test_whoever_may_read_sees_the_blurred_one(pictured: Site) -> None:
    client = pictured.client(pictured.person())
    answer = client.get(blurred_address(MEDIA))
    assert (answer.status_code, answer.content) == (200, BLURRED)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get(blurred_address("unknown")).status_code == 404
    assert reveals(pictured) == []


def test_the_clear_one_needs_this_sessions_token_and_is_audited(pictured: Site) -> None:
    client = pictured.client(pictured.person())
    other = pictured.client(pictured.person(name="Omar Saleh"))
    address = clear_address(visit(pictured, client), MEDIA)
    assert other.get(address).status_code == 403
    assert client.get(address.partition("&")[0]).status_code == 403
    assert reveals(pictured) == []
    answer = client.get(address)
    assert (answer.status_code, answer.content) == (200, CLEAR)
    assert answer.headers["cache-control"] == "no-store"
    assert reveals(pictured) == [f"media:{MEDIA}"]


def test_others_see_nothing(pictured: Site) -> None:
    nobody = pictured.client()
    assert nobody.get(blurred_address(MEDIA)).status_code in (302, 303, 401)
    admin = pictured.client(pictured.person(Role.ADMIN, name="Root"))
    assert admin.get(blurred_address(MEDIA)).status_code == 403
    assert admin.get(clear_address(visit(pictured, admin), MEDIA)).status_code == 403
    assert reveals(pictured) == []
