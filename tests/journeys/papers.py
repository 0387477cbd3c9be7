"""A folder of PDFs about a lighthouse, one of them broken, and what can be asked about it."""

from __future__ import annotations

from pathlib import Path

from fpdf import FPDF

QUESTION = "How often is the fog horn serviced?"
EVIDENCE = "The fog horn is serviced every 40 days by the keeper Marta."
DOCUMENT = "horn.pdf"
PAGE = 2
BROKEN = "burnt.pdf"
FILLER = "Nothing on this page is about anything that is asked for. The sea was calm. "


def write(folder: Path) -> Path:
    """Write three readable PDFs and one that is not, and return the folder."""
    folder.mkdir()
    (folder / DOCUMENT).write_bytes(_pdf("The horn's papers begin here. " + FILLER, EVIDENCE))
    (folder / "lamp.pdf").write_bytes(_pdf("The lamp has 1,000 watts and burns at night."))
    (folder / "stairs.pdf").write_bytes(_pdf("The stairs have 212 steps of iron."))
    (folder / BROKEN).write_bytes(b"%PDF-1.7 and then nothing that could be read")
    return folder


def _pdf(*pages: str) -> bytes:
    document = FPDF()
    document.set_font("Helvetica", size=14)
    for text in pages:
        document.add_page()
        document.multi_cell(0, text=text)
    return bytes(document.output())
