"""The question that every story asks the guide, and where its answer stands."""

from __future__ import annotations

import pypdfium2

import resources

QUESTION = "How many agents can be deployed at once?"
EVIDENCE = "3 agents can be deployed at once"
"""Words of the guide that answer it."""
ANSWER = "3"
"""What an answer says that is right; the starter model puts it in words of its own."""
DOCUMENT = "operator-guide.pdf"


def page_of(words: str) -> int:
    """The page of the operator guide's PDF on which the words stand."""
    document = pypdfium2.PdfDocument(resources.guide_dir() / DOCUMENT)
    texts = [page.get_textpage().get_text_range() for page in document]
    (number,) = [number for number, text in enumerate(texts, 1) if words in " ".join(text.split())]
    document.close()
    return number
