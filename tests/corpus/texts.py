"""Sixty texts, pages and tables: wrong encodings, endless lines, nesting, and signs that lie."""

# ruff: noqa: E501 — what makes a file is easier to read on one line

from __future__ import annotations

from collections.abc import Iterator

from tests.core.retrieval.parsing.hostile import (
    deep_html,
    deep_json,
    deep_mail,
    deep_rtf,
    deep_xml,
    huge_line,
    laughing_xml,
    long_headers,
    long_line,
    nosy_xml,
    quadratic_xml,
)
from tests.corpus.cases import Case, of_bytes

HOSTILE: dict[str, bytes | str] = {
    "empty.txt": b"",
    "spaces.txt": " \t\n" * 50_000,
    "zeros.txt": bytes(100_000),
    "zero-inside.txt": b"before\x00after\n" * 1000,
    "controls.txt": bytes(range(32)) * 3000,
    "all-bytes.txt": bytes(range(256)) * 500,
    "half-utf8.txt": "Größe ".encode() * 1000 + b"\xc3",
    "overlong.txt": b"\xc0\xaf\xe0\x80\xaf" * 5000,
    "surrogates.txt": "\ud800\udfff word " * 2000,
    "utf16-odd.txt": "Größe".encode("utf-16") + b"x",
    "utf16-half.txt": b"\xff\xfe" + b"\x00\xd8" * 5000,
    "utf32.txt": "Größe 😀 ".encode("utf-32") * 500,
    "two-boms.txt": b"\xef\xbb\xbf\xff\xfeword",
    "mixed.txt": "Größe ".encode() * 50 + "Größe ".encode("cp1252") * 50,
    "koi8.txt": "Съешь же ещё этих мягких французских булок. ".encode("koi8-r") * 40,
    "sjis.txt": "これは日本語の文章です。".encode("shift_jis") * 40,
    "right-to-left.txt": "\u202egnp.exe\u202c and more. " * 2000,
    "invisible.txt": "\u200b\u200d\ufeff" * 50_000,
    "combining.txt": "a" + "\u0301" * 300_000,
    "emoji.txt": "👨‍👩‍👧‍👦" * 40_000,
    "one-word.txt": "x" * 2_000_000,
    "no-spaces.txt": "字" * 300_000,
    "many-lines.txt": "\n" * 2_000_000,
    "returns.txt": "a\rb\r\n\u2028c\u2029d\x0b\x0c" * 20_000,
    "terminal.txt": "\x1b]0;title\x07\x1b[2Jtext " * 5000,
    "brackets.md": "[" * 200_000,
    "links.md": "[a](" * 50_000,
    "stars.md": "*a_" * 100_000,
    "quotes.md": ">" * 100_000 + " deep",
    "list.md": "".join(" " * n + "- x\n" for n in range(1500)),
    "fences.md": "```" * 100_000,
    "table.md": "|" * 200_000 + "\n" + "|-" * 100_000,
    "headings.md": "# h\n" * 100_000,
    "html-in.md": "<div>" * 50_000 + "text",
    "open-tag.html": "<" * 300_000,
    "open-quote.html": '<a href="' + "x" * 1_000_000,
    "open-comment.html": "<!--" * 200_000,
    "open-script.html": "<script>" + "alert(1);" * 100_000,
    "attributes.html": "<a " + "x=1 " * 200_000 + ">text</a>",
    "spans.html": '<table><tr><td colspan="999999999" rowspan="999999999">x</td></tr></table>',
    "cells.html": "<table>" + "<tr>" + "<td>x" * 100_000,
    "tables.html": "<table><tr><td>" * 3000 + "x",
    "fonts.html": "<b><i><u>" * 20_000 + "x",
    "entities.html": "&#x110000;&#xD800;&#0;&nonesuch;&amp" * 20_000,
    "frameset.html": '<frameset><frame src="file:///etc/passwd"><base href="http://192.0.2.1">',
    "charset.html": b'<meta charset="utf-7">+ADw-script+AD4-alert(1)+ADw-/script+AD4-',
    "wide.csv": ",".join("x" * 200_000) + "\n1,2,3",
    "open.csv": '"' + "never closed, " * 50_000,
    "formula.csv": "=cmd|' /C calc'!A0,@SUM(1),+1,-1\n" * 1000,
    "number.json": "1" * 1_000_000,
    "keys.json": "{" + ",".join(f'"k{n}":{n}' for n in range(100_000)) + "}",
    "cut.json": '{"a": [1, 2, {"b": "c',
    "cut.xml": "<?xml version='1.0'?><a><b>text",
    "boundary.eml": "From: a@b\nContent-Type: multipart/mixed; boundary=\"x\"\n\n" + "--x\n" * 50_000,
    "rtf-bin.rtf": "{\\rtf1 \\bin999999999 x}",
    "rtf-unicode.rtf": "{\\rtf1 " + "\\u-99999?" * 50_000 + "}",
}  # fmt: skip

MADE = {
    "deep.html": deep_html,
    "deep.json": deep_json,
    "deep.xml": deep_xml,
    "deep.rtf": deep_rtf,
    "deep.eml": deep_mail,
    "headers.eml": long_headers,
    "line.txt": long_line,
    "huge.txt": huge_line,
    "laughs.xml": laughing_xml,
    "nosy.xml": nosy_xml,
    "quadratic.xml": quadratic_xml,
}


def _cases() -> Iterator[Case]:
    for name, make in MADE.items():
        yield Case(f"made-{name}", make)
    for name, content in HOSTILE.items():
        yield of_bytes(name, content)


TEXTS = tuple(_cases())
