"""Where a writer's own files lie: with an archive in a folder, apart for each bucket."""

from __future__ import annotations

from pathlib import Path

import pytest
from archiving.writer import moment
from servers.seaweedfs import SeaweedFS

from broadsheet.storage.errors import ArchiveAddressError, ArchiveFormatError
from broadsheet.storage.stores.folder import FolderStore
from broadsheet.storage.workspace import Workspace


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).parts[0] for path in folder.iterdir()}


def test_a_folder_keeps_its_writers_files_beside_its_objects(tmp_path: Path) -> None:
    with Workspace.open(str(tmp_path / "archive")) as workspace:
        batch = workspace.spool.open_batch(moment(0))
        batch.append(b"one")

        assert batch.segment.is_relative_to(tmp_path / "archive" / ".local" / "spool")
        assert (tmp_path / "archive" / ".local" / "catalog.sqlite").exists()
        assert list(workspace.store.list()) == [], "they are no part of the archive"
        batch.discard()


def test_opening_for_writing_makes_no_archive_yet(tmp_path: Path) -> None:
    with Workspace.open(str(tmp_path / "archive")):
        assert files(tmp_path / "archive") == {".local"}


def test_what_is_of_another_format_is_not_written_to(tmp_path: Path) -> None:
    FolderStore(tmp_path).put("archive.json", b'{"format":"broadsheet.archive/2"}')

    with pytest.raises(ArchiveFormatError):
        Workspace.open(str(tmp_path))

    assert files(tmp_path) <= {"archive.json", ".local"}
    assert not (tmp_path / ".local" / "spool").exists()


def test_an_address_that_is_none_is_refused() -> None:
    with pytest.raises(ArchiveAddressError):
        Workspace.open("ftp://news.example/archive")


def test_every_bucket_has_files_of_its_own_where_the_machine_keeps_state(
    tmp_path: Path, seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BROADSHEET_STATE", str(tmp_path / "state"))
    bucket = seaweedfs.make_bucket()

    for uri in (seaweedfs.uri(bucket), f"{seaweedfs.uri(bucket)}/", seaweedfs.uri(bucket, "other")):
        with Workspace.open(uri) as workspace:
            assert workspace.uri == uri
    assert len(list((tmp_path / "state").iterdir())) == 2, "with or without a slash it is one archive"

    same_server_by_another_name = seaweedfs.endpoint.replace("127.0.0.1", "localhost")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", same_server_by_another_name)
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    with Workspace.open(seaweedfs.uri(bucket)):
        assert len(list((tmp_path / "state").iterdir())) == 3, "for all we know it is another server"


def test_buckets_of_one_name_on_two_servers_that_a_configuration_file_names_are_two_archives(
    tmp_path: Path, seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3")
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")
    monkeypatch.setenv("BROADSHEET_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    bucket = seaweedfs.make_bucket()

    for endpoint in (seaweedfs.endpoint, seaweedfs.endpoint.replace("127.0.0.1", "localhost")):
        (tmp_path / "config").write_text(f"[default]\nendpoint_url = {endpoint}\n")
        with Workspace.open(seaweedfs.uri(bucket)):
            pass
    assert len(list((tmp_path / "state").iterdir())) == 2

    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", seaweedfs.endpoint)
    with Workspace.open(seaweedfs.uri(bucket)):
        pass
    assert len(list((tmp_path / "state").iterdir())) == 2, "it is the first again, wherever its endpoint stands"


def test_without_a_word_state_lies_where_the_user_keeps_it(
    tmp_path: Path, seaweedfs: SeaweedFS, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("BROADSHEET_STATE", raising=False)
    bucket = seaweedfs.make_bucket()

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    with Workspace.open(seaweedfs.uri(bucket)):
        assert files(tmp_path / "xdg") == {"broadsheet"}

    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with Workspace.open(seaweedfs.uri(bucket)):
        assert files(tmp_path / "home" / ".local" / "state") == {"broadsheet"}
