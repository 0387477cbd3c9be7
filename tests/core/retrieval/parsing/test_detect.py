"""A file is what its content says, whatever its name."""

from __future__ import annotations

import pytest

from core.retrieval.parsing.detect import Container, Kind, kind_of


@pytest.mark.parametrize(
    ("beginning", "name", "kind"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "report.txt", Kind.PDF),
        (b"\n\n junk %PDF-1.4", "a.pdf", Kind.PDF),
        (b"# Title", "a.md", Kind.MARKDOWN),
        (b"# Title", "a.txt", Kind.TEXT),
        (b"plain", "report.pdf", Kind.TEXT),
        (b"", "empty", Kind.TEXT),
        ("Größe".encode("latin-1"), "a.txt", Kind.TEXT),
        ("text".encode("utf-16"), "a.txt", Kind.TEXT),
        ("text of some length".encode("utf-16-le"), "a.txt", Kind.TEXT),
        ("text".encode("utf-32"), "a.txt", Kind.TEXT),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a.txt", None),
        (b"PK\x03\x04\x14\0\0\0\x08\0", "a.md", Container.ZIP),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "a.txt", Container.COMPOUND),
        (bytes(range(256)), "a.txt", None),
        (b"<!DOCTYPE html><p>", "a.txt", Kind.HTML),
        (b"<?xml version='1.0'?><!DOCTYPE html><html xmlns='x'>", "a", Kind.HTML),
        ("<html><p>x".encode("utf-16"), "a.htm", Kind.HTML),
        (b"<br> begins a line of Markdown", "a.md", Kind.MARKDOWN),
        (b"\xef\xbb\xbf<?xml version='1.0'?><a/>", "a.txt", Kind.XML),
        (b"{\\rtf1 text}", "a.doc", Kind.RTF),
        (b"a;b\n1;2\n", "a.csv", Kind.CSV),
        (b"a\tb\n", "a.tsv", Kind.CSV),
        (b'{"a": 1}', "a.json", Kind.JSON),
        (b"From: a@b\r\nSubject: x\r\n\r\ntext", "a.txt", Kind.EML),
        (b"From a@b Mon Jan 1\nReceived: by x\n y\nTo: a\n\ntext", "mail", Kind.EML),
        (b"Subject: a note\n\ntext", "a.txt", Kind.TEXT),
        (b"Note: one\nDate: two\n\ntext", "a.txt", Kind.TEXT),
    ],
)
def test_kind_follows_content(beginning: bytes, name: str, kind: Kind | Container | None) -> None:
    """The name tells kinds of text apart and nothing else."""
    assert kind_of(beginning, name) is kind
