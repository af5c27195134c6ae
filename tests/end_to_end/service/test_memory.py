"""How much memory the service takes when everybody asks for the largest things that it has."""

from __future__ import annotations

import base64
import http.client
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, urlsplit

from archiving.writer import START, Visit, Writer, answer, moment
from end_to_end.command import Broadsheet
from end_to_end.serving import serving

from broadsheet.storage.model import Article
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.versions import Finding

_MOST = 300 * 1024 * 1024
_PAGE = 32 * 1024 * 1024 - 1024
_CLIENTS = 50
_URL = "https://news.example/"


def _archive(folder: Path) -> None:
    """Write an archive with a page as long as any can be, one as long as can be shown, and articles as long as both."""
    chance = random.Random(1)
    writer = Writer(FolderStore(folder / "archive"), folder / "local")
    longest = b"<p>" + base64.b64encode(chance.randbytes(_PAGE * 3 // 4))
    shown = b"<p class=x>text <a href=/x>link</a> <img src=a.png></p>" * 10_000
    for minute, (name, body) in enumerate((("longest", longest), ("shown", shown), ("shown", shown + b"<p>"))):
        words = "\n".join(" ".join(f"w{chance.randrange(10**6)}" for _ in range(40)) for _ in range(3_000))
        finding = Finding(article=Article(title=f"{minute}", text=words))
        writer.publish(Visit(url=_URL + name, at=moment(minute), response=answer(body), finding=finding))
    writer.spool.close()


def test_the_service_takes_no_more_than_300_mib_whatever_is_asked_of_it(tmp_path: Path) -> None:
    _archive(tmp_path)
    broadsheet = Broadsheet(str(tmp_path / "archive"))
    sources = tmp_path / "sources.toml"
    sources.write_text('[sources.paper]\nhome = "https://news.example/"\nenabled = false\n')
    paths = [
        *(f"/memento/{START:%Y%m%d%H%M%S}{mark}/{_URL}longest" for mark in ("", "id_")),
        f"/memento/{moment(1):%Y%m%d%H%M%S}/{_URL}shown",
        *(f"{path}?url={quote(_URL)}shown" for path in ("/api/snapshot", "/api/diff", "/version", "/diff") * 3),
    ]

    with serving(broadsheet, sources, tmp_path / "log") as service:
        port = urlsplit(service.address).port

        def ask(path: str) -> tuple[int, int]:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=180)
            connection.request("GET", path)
            response = connection.getresponse()
            length = 0
            while piece := response.read(64 * 1024):
                length += len(piece)
            connection.close()
            return response.status, length

        with ThreadPoolExecutor(_CLIENTS) as clients:
            answered = list(clients.map(ask, [paths[number % len(paths)] for number in range(_CLIENTS)]))
        status = Path(f"/proc/{service.process.pid}/status").read_text().splitlines()
        (peak,) = [int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM")]
        assert service.end() == 0, service.said

    assert {status for status, _ in answered} == {200}
    assert max(length for _, length in answered) >= _PAGE - 4096
    assert peak <= _MOST, f"{peak / 1024 / 1024:.0f} MiB"
