"""Files of entries and lists of exchanges, taken in at the page of a bank, in both languages."""

import json
import re
from collections.abc import Callable

import httpx
import pytest

from tenfold.store import audit, banks, media_contents
from tenfold.store.people import Locale
from tenfold.taxonomy import Role
from tenfold.web.console.i18n import TRANSLATORS
from tests.console.running import Site

MD5 = "0f343b0931126a20f133d67c2b018a3b"
SHA1 = "a" * 40
WHY = "From the exchange, this week's"
Upload = Callable[..., httpx.Response]


@pytest.fixture
def locale() -> Locale:
    return "en"


@pytest.fixture
def upload(site: Site, locale: Locale) -> Upload:
    with site.store() as conn:
        banks.create(conn, id="shared", kind="media", title="Shared")
        banks.create(conn, id="slogans", kind="terms", title="Slogans")
    client = site.client(site.person(Role.ADMIN, name="Admin", locale=locale))

    def upload(name: str, content: str, bank: str = "shared", **more: str) -> httpx.Response:
        page = client.get(f"/admin/banks/{bank}").text
        csrf = re.search(r'name="csrf" value="(\w+)"', page)
        assert csrf
        files = {"file": (name, content.encode(), "application/octet-stream")}
        fields = {"csrf": csrf[1], "reason": WHY} | more
        return client.post(f"/admin/banks/{bank}/import", data=fields, files=files)

    return upload


def row(id_: int, digest: str, *, deleted: bool = False, updated: int = 1_700_000_000) -> dict[str, object]:
    algorithm = {32: "MD5", 40: "SHA1"}.get(len(digest), "PDQ")
    given = {"id": id_, "hash_digest": digest, "algorithm": algorithm, "file_type": "png"}
    return given | {"updated_on": updated, "deleted": deleted}


def values(site: Site, bank: str = "shared") -> list[str]:
    with site.store() as conn:
        return [entry.value for entry in banks.stream(conn, bank)]


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_a_list_is_taken_in_updated_and_withdrawn(site: Site, upload: Upload, locale: Locale) -> None:
    given = [row(1, MD5), row(2, SHA1), row(3, "xyz")]
    report = upload("hashes.json", json.dumps({"results": given})).text
    told = {
        "en": ("2 new records.", "1 line refused.", "1 hash is of a kind that is not held:"),
        "ar": ("سجلان جديدان.", "رُفض سطر واحد.", "بصمة واحدة من نوع لا يُحفظ:"),
    }[locale]
    for words in (*told, "SHA1", "tat"):
        assert words in report
    assert values(site) == [f"md5:{MD5}"]
    gone = upload("hashes.json", json.dumps([row(1, MD5, deleted=True, updated=1_800_000_000)])).text
    assert {"en": "1 ended.", "ar": "سُحب واحد."}[locale] in gone
    assert values(site) == []
    with site.store() as conn:
        done = [one for one in audit.stream(conn) if one.act == "bank.list_imported"]
    assert [one.details["reason"] for one in done] == [WHY, WHY]
    assert (done[0].details["format"], done[0].details["new"], done[1].details["ended"]) == ("tat", 2, 1)


def test_what_cannot_be_taken_says_why_and_changes_nothing(site: Site, upload: Upload) -> None:
    whole = json.dumps({"results": [row(1, MD5), row(2, SHA1)]})
    for name, content, more, why in (
        ("broken.json", whole[:-30], {}, "line 1"),
        ("list.json", '{"colour": "grey"}', {}, "ends in none of .csv, .ndjson, .jsonl"),
        ("bad.txt", f"md5 {MD5}\n", {"format": "gifct"}, "is no format of a list"),
        ("\0/../x.json\0", '{"a": 1}', {}, "ends in none of"),
    ):
        answer = upload(name, content, **more)
        assert (answer.status_code, why in answer.text) == (422, True), answer.text
        assert "/tmp" not in answer.text
    answer = upload("hashes.json", whole, bank="slogans")
    assert answer.status_code == 422
    assert "slogans is a bank of terms; lists of hashes go into a bank of media" in answer.text
    assert values(site) == values(site, "slogans") == []


def test_files_of_our_own_forms_are_known_by_their_names(site: Site, upload: Upload) -> None:
    upload("entries.ndjson", json.dumps({"value": "الراية الرمادية"}) + "\n", bank="slogans")
    upload("Entries.CSV", "value\nashen banner\n", bank="slogans")
    assert sorted(values(site, "slogans")) == ["ashen banner", "الراية الرمادية"]
    upload("plain.txt", f"md5 {MD5}\n")
    assert values(site) == [f"md5:{MD5}"]


def test_a_format_is_named_where_the_content_does_not_say_it(site: Site, upload: Upload) -> None:
    later = "\n" * (1 << 16) + f"md5 {MD5}\n"  # beyond where a file's content is looked at
    assert upload("plain.txt", later).status_code == 422
    assert upload("plain.txt", later, format="local_file").status_code == 200
    assert values(site) == [f"md5:{MD5}"]


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_the_page_says_of_which_share_of_uploads_a_bank_is_asked(site: Site, locale: Locale) -> None:
    with site.store() as conn:
        banks.create(conn, id="shared", kind="media", title="Shared")
        media_contents.set_ratio(conn, "shared", 0.25)
    page = site.client(site.person(Role.ADMIN, name="Admin", locale=locale)).get("/admin/banks/shared").text
    said = TRANSLATORS[locale].text("known.ratio", share=TRANSLATORS[locale].percent(0.25))
    assert said.translate({0x2068: None, 0x2069: None}) in re.sub("<bdi>|</bdi>|[\u2068\u2069]", "", page)
