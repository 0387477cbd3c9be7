"""A conversation as a PDF: its words are there, hostile text has no power, errors are told."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest

from core.errors import StorageFailed
from desktop.views.look import Look
from desktop.views.pdf_export import print_markdown

TEXT = """# Pumps

**You:** How often is the seal checked?

**Guide:** Every *six* weeks.

| part | weeks |
|------|------:|
| seal | 6 |

```python
print("seal")
```
"""


def words(path: Path) -> tuple[int, str]:
    """Return a PDF's number of pages and its text, as another program reads it."""
    document = pypdfium2.PdfDocument(path)
    try:
        pages = [document[at].get_textpage().get_text_range() for at in range(len(document))]
    finally:
        document.close()
    return len(pages), " ".join(" ".join(pages).split())


def test_what_was_said_can_be_read_in_the_file(look: Look, tmp_path: Path) -> None:
    """Headings, emphasis, tables and code arrive as text that can be searched."""
    path = tmp_path / "chat.pdf"
    print_markdown(look, TEXT, "Pumps", path)
    pages, text = words(path)
    assert pages == 1
    for part in ("Pumps", "How often is the seal checked?", "Every six weeks.", 'print("seal")'):
        assert part in text
    assert "*" not in text


def test_a_long_conversation_takes_more_pages(look: Look, tmp_path: Path) -> None:
    """Nothing is cut off at the end of a page."""
    path = tmp_path / "chat.pdf"
    print_markdown(look, "\n\n".join(f"Paragraph {n}." for n in range(200)), "Long", path)
    pages, text = words(path)
    assert pages > 1
    assert all(f"Paragraph {n}." in text for n in range(200))


def test_neither_pictures_nor_markup_of_an_answer_are_followed(look: Look, tmp_path: Path) -> None:
    """A picture's address is printed instead of the picture, and HTML stays text."""
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret", "utf-8")
    path = tmp_path / "chat.pdf"
    hostile = f"![look]({secret.as_uri()})\n\n<b>bold</b> and <img src='{secret}'>"
    print_markdown(look, hostile, "Hostile", path)
    _, text = words(path)
    assert "the secret" not in text
    assert "secret.txt" in text
    assert "<b>bold</b>" in text


def test_a_place_that_cannot_be_written_is_told(look: Look, tmp_path: Path) -> None:
    """The error names the file; there is none afterwards."""
    path = tmp_path / "nowhere" / "chat.pdf"
    with pytest.raises(StorageFailed, match=r"chat\.pdf"):
        print_markdown(look, TEXT, "Pumps", path)
    assert not path.exists()
