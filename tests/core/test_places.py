"""How much room each place takes, and the end of the log."""

from __future__ import annotations

from core.config import Settings
from core.places import TAIL_BYTES, log_tail, storage
from core.records import PlaceKind


def test_each_place_has_the_size_of_its_files(settings: Settings) -> None:
    """Folders count with all that is in them, the database with its log."""
    settings.database_file.write_bytes(b"x" * 100)
    settings.database_file.with_name("outpost.sqlite-wal").write_bytes(b"x" * 20)
    (settings.model_storage_path / "deep").mkdir()
    (settings.model_storage_path / "deep" / "a.gguf").write_bytes(b"x" * 7)
    found = {each.kind: each.size_bytes for each in storage(settings).places}
    assert found[PlaceKind.DATABASE] == 120
    assert found[PlaceKind.MODELS] == 7
    assert found[PlaceKind.BACKUPS] == 0


def test_the_logs_end_is_whole_lines(settings: Settings) -> None:
    """The newest lines of a long log; none of one that is not there."""
    assert log_tail(settings, 5) == []
    lines = [f"line {number:07}" for number in range(TAIL_BYTES // 10)]
    settings.log_file.write_text("\n".join(lines) + "\n", "utf-8")
    assert log_tail(settings, 5) == lines[-5:]
    everything = log_tail(settings, len(lines))
    assert everything == lines[-len(everything) :]
