"""Files made to hurt whoever opens them, small on disk and each with the reason it must get."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-'
    'officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships/officeDocument" Target="{target}"/></Relationships>'
)
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(path: Path, body: str, *, before: str = "", target: str = "word/document.xml") -> Path:
    """Write a DOCX file with the given body."""
    document = f"{before}<w:document {_W}><w:body>{body}</w:body></w:document>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", _TYPES)
        file.writestr("_rels/.rels", _RELATIONS.format(target=target))
        file.writestr(target if "/" in target else "word/document.xml", document)
    return path


def paragraph(text: str) -> str:
    """Return a paragraph of a DOCX body."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def flat_bomb(path: Path) -> Path:
    """A DOCX whose text is 300 MB of one letter."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", _TYPES)
        with file.open("word/document.xml", "w") as part:
            for _ in range(300):
                part.write(b"a" * (1 << 20))
    return path


def nested_bomb(path: Path) -> Path:
    """Zip files in zip files, none of which is opened."""
    inner = b"0" * (1 << 20)
    for level in range(6):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
            for copy in range(10):
                file.writestr(f"{level}-{copy}.zip", inner)
        inner = made.getvalue()
    path.write_bytes(inner)
    return path


def many_parts(path: Path) -> Path:
    """A DOCX of 30,000 empty parts."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("[Content_Types].xml", _TYPES)
        for number in range(30_000):
            file.writestr(f"word/{number}", b"")
    return path


def lying_size(path: Path) -> Path:
    """A DOCX whose directory says that 40 MB are 10 bytes."""
    docx(path, paragraph("x" * 40_000_000))
    content = bytearray(path.read_bytes())
    place = content.rfind(b"word/document.xml") - 46
    content[place + 24 : place + 28] = (10).to_bytes(4, "little")
    path.write_bytes(content)
    return path


_LAUGHS = "<!DOCTYPE lolz [<!ENTITY a 'lol'>" + "".join(
    f"<!ENTITY {name} '{f'&{before};' * 10}'>" for before, name in pairwise("abcdefghi")
)


def laughing_xml(path: Path) -> Path:
    """Entities made of entities: a billion words."""
    path.write_text(f"<?xml version='1.0'?>{_LAUGHS}]><lolz>&i;</lolz>")
    return path


def laughing_docx(path: Path) -> Path:
    """The same inside a DOCX."""
    return docx(path, paragraph("&i;"), before=_LAUGHS + "]>")


def quadratic_xml(path: Path) -> Path:
    """One large entity, used many times."""
    entity = f"<!DOCTYPE a [<!ENTITY x '{'x' * 100_000}'>]>"
    path.write_text(f"<?xml version='1.0'?>{entity}<a>{'&x;' * 20_000}</a>")
    return path


def nosy_xml(path: Path) -> Path:
    """An entity that names a file of this machine."""
    secret = path.with_suffix(".secret")
    secret.write_text("the secret")
    path.write_text(
        f"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY x SYSTEM '{secret.as_uri()}'>]><a>&x;</a>"
    )
    return path


def deep_xml(path: Path) -> Path:
    """A hundred thousand elements inside each other."""
    path.write_text("<?xml version='1.0'?>" + "<a>" * 100_000 + "x" + "</a>" * 100_000)
    return path


def deep_docx(path: Path) -> Path:
    """Tables in tables, without end."""
    start, end = "<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"
    return docx(path, start * 5000 + paragraph("x") + end * 5000)


def deep_html(path: Path) -> Path:
    """A hundred thousand boxes inside each other."""
    path.write_text("<html>" + "<div>" * 100_000 + "text")
    return path


def deep_json(path: Path) -> Path:
    """A list of lists of lists."""
    path.write_text("[" * 500_000)
    return path


def deep_rtf(path: Path) -> Path:
    """Groups in groups."""
    path.write_text("{\\rtf1 " + "{" * 300_000 + "text" + "}" * 300_000)
    return path


def deep_mail(path: Path) -> Path:
    """Parts in parts."""
    head = "".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n' for n in range(1100)
    )
    path.write_text(f"From: a@b\nSubject: x\nMIME-Version: 1.0\n{head}")
    return path


def long_headers(path: Path) -> Path:
    """Mail whose headers are 20 MB."""
    path.write_text("From: a@b\nSubject: x\n" + "X-A: b\n" * 3_000_000 + "\ntext")
    return path


def long_line(path: Path) -> Path:
    """One line of 90 MB."""
    with path.open("wb") as file:
        for _ in range(90):
            file.write(b"word " * 200_000)
    return path


def huge_line(path: Path) -> Path:
    """One line of 500 MB, most of it a hole in the file."""
    with path.open("wb") as file:
        file.write(b"word " * 1000)
        file.truncate(500_000_000)
    return path


def _pdf(path: Path, objects: list[bytes], root: int = 1) -> Path:
    """Write a PDF with a table of its objects."""
    content = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(content)
    content += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    content += b"".join(b"%010d 00000 n \n" % place for place in places)
    content += b"trailer\n<< /Size %d /Root %d 0 R >>\n" % (len(objects) + 1, root)
    path.write_bytes(content + b"startxref\n%d\n%%%%EOF\n" % start)
    return path


def inflating_pdf(path: Path) -> Path:
    """A page whose content inflates to 1 GB of text."""
    packer = zlib.compressobj(1)
    line = b"BT /F1 12 Tf 10 10 Td (words) Tj ET\n" * 30_000
    packed = b"".join([*(packer.compress(line) for _ in range(1000)), packer.flush()])
    return _pdf(
        path,
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources "
            b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(packed), packed),
        ],
    )


def cyclic_pdf(path: Path) -> Path:
    """A page tree that contains itself, and says that it has two billion pages."""
    return _pdf(
        path,
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R 2 0 R] /Count 2000000000 >>",
            b"<< /Type /Pages /Kids [2 0 R 3 0 R] /Count 1000000000 /Parent 2 0 R >>",
        ],
    )


def many_pages(path: Path) -> Path:
    """200,000 pages, all of them the same one."""
    kids = b"3 0 R " * 200_000
    return _pdf(
        path,
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [%b] /Count 200000 >>" % kids,
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] >>",
        ],
    )


def climbing_docx(path: Path) -> Path:
    """A DOCX whose text is in a part named as a file outside of it."""
    return docx(path, paragraph("harmless"), target="../../../../tmp/climbed.xml")


def sparse_workbook(path: Path) -> Path:
    """A sheet with a cell in its first and in its last corner: 17 billion between them."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(
            "[Content_Types].xml",
            _TYPES.replace("wordprocessingml.document.main", "spreadsheetml.sheet.main").replace(
                "/word/document.xml", "/xl/workbook.xml"
            ),
        )
        file.writestr("_rels/.rels", _RELATIONS.format(target="xl/workbook.xml"))
        file.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        file.writestr(
            "xl/_rels/workbook.xml.rels",
            _RELATIONS.format(target="worksheets/s.xml").replace('/officeDocument"', '/worksheet"'),
        )
        file.writestr(
            "xl/worksheets/s.xml",
            f'<worksheet xmlns="{main}"><sheetData>'
            '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576">'
            '<c r="XFD1048576"><v>2</v></c></row></sheetData></worksheet>',
        )
    return path


Outcome = frozenset[str]
"""The reasons that are right; "text" where text is."""

HOSTILE: dict[str, tuple[Callable[[Path], Path], Outcome]] = {
    "flat.docx": (flat_bomb, frozenset({"bomb"})),
    "nested.zip": (nested_bomb, frozenset({"unknown_format", "bomb"})),
    "parts.docx": (many_parts, frozenset({"bomb"})),
    "lying.docx": (lying_size, frozenset({"damaged"})),
    "laughs.xml": (laughing_xml, frozenset({"bomb"})),
    "laughs.docx": (laughing_docx, frozenset({"bomb"})),
    "quadratic.xml": (quadratic_xml, frozenset({"empty"})),
    "nosy.xml": (nosy_xml, frozenset({"empty"})),
    "deep.xml": (deep_xml, frozenset({"bomb"})),
    "deep.docx": (deep_docx, frozenset({"bomb"})),
    "deep.html": (deep_html, frozenset({"text"})),
    "deep.json": (deep_json, frozenset({"text"})),
    "deep.rtf": (deep_rtf, frozenset({"text"})),
    "deep.eml": (deep_mail, frozenset({"bomb"})),
    "headers.eml": (long_headers, frozenset({"bomb"})),
    "line.txt": (long_line, frozenset({"too_big"})),
    "huge.txt": (huge_line, frozenset({"too_big"})),
    "inflating.pdf": (inflating_pdf, frozenset({"too_big"})),
    "cyclic.pdf": (cyclic_pdf, frozenset({"damaged", "empty"})),
    "pages.pdf": (many_pages, frozenset({"empty"})),
    "climbing.docx": (climbing_docx, frozenset({"damaged", "text"})),
    "sparse.xlsx": (sparse_workbook, frozenset({"too_big"})),
}
