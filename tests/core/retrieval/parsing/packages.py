"""Small office files put together part by part."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
W_STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"


def zipped(parts: Mapping[str, str]) -> bytes:
    """Return a zip file with the given parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return made.getvalue()


def relations(**targets: str) -> str:
    """Return a part with relations; each is named `id__type`."""
    each = "".join(
        f'<Relationship Id="{key.partition("__")[0]}" '
        f'Type="{OFFICE}/{key.partition("__")[2]}" Target="{target}"/>'
        for key, target in targets.items()
    )
    return f'<Relationships xmlns="{PACKAGE}">{each}</Relationships>'


def content_types(main: str) -> str:
    """Return the list of content types of a package of one kind, such as 'wordprocessingml'."""
    return (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override '
        f'PartName="/main.xml" ContentType="application/vnd.openxmlformats-officedocument.{main}'
        '.main+xml"/></Types>'
    )


def docx(
    body: str, *, namespace: str = W, parts: Mapping[str, str] | None = None, **related: str
) -> bytes:
    """Return a DOCX file; `related` are the document's relations as in `relations`."""
    document = (
        f'<w:document xmlns:w="{namespace}" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f"<w:body>{body}</w:body></w:document>"
    )
    return zipped(
        {
            "[Content_Types].xml": content_types("wordprocessingml.document"),
            "_rels/.rels": relations(r1__officeDocument="word/document.xml"),
            "word/document.xml": document,
            "word/_rels/document.xml.rels": relations(**related),
            **{
                name: content.replace("<w:part>", f'<w:part xmlns:w="{namespace}">')
                for name, content in (parts or {}).items()
            },
        }
    )


def p(text: str, properties: str = "") -> str:
    """Return a paragraph."""
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"
