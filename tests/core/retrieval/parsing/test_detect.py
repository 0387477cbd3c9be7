"""A file is what its content says, whatever its name."""

from __future__ import annotations

import pytest

from core.retrieval.parsing.detect import Kind, kind_of


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
        (b"PK\x03\x04\x14\0\0\0\x08\0", "a.md", None),
        (bytes(range(256)), "a.txt", None),
        (b"<!DOCTYPE html><p>", "a.md", None),
        (b"\xef\xbb\xbf<?xml version='1.0'?>", "a.txt", None),
        (b"{\\rtf1 text}", "a.txt", None),
    ],
)
def test_kind_follows_content(beginning: bytes, name: str, kind: Kind | None) -> None:
    """The name tells Markdown from plain text and nothing else."""
    assert kind_of(beginning, name) is kind
