"""JSON and XML keep their structure as lines; notebooks are read by their cells."""

from __future__ import annotations

import json

from tests.core.retrieval.parsing.conftest import Reader


def test_json_on_one_line_is_laid_out(read: Reader) -> None:
    """What has lines keeps them; what has none gets some; what is no JSON is text."""
    pretty = '{\n "a": "b"\n}'
    assert read("a.json", pretty).text == pretty
    packed = json.dumps({f"key {n}": "ü" * 10 for n in range(50)})
    assert read("b.json", packed).text.splitlines()[1] == ' "key 0": "üüüüüüüüüü",'
    assert read("c.json", '{"a": [1, 2').text == '{"a": [1, 2'


def test_a_notebook_is_its_cells(read: Reader) -> None:
    """Headings of its texts, code and what it printed are read, pictures are not."""
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "Words."]},
        {
            "cell_type": "code",
            "source": "print(1)",
            "outputs": [{"text": ["1\n"]}, {"data": {"image/png": "xx", "text/plain": "<Fig>"}}],
        },
    ]
    document = read("a.ipynb", json.dumps({"cells": cells, "nbformat": 4}))
    assert document.text == "Title\n\nWords.\n\nprint(1)\n\n1\n\n<Fig>"
    assert [each.text for each in document.headings] == ["Title"]


def test_xml_is_one_line_an_element(read: Reader) -> None:
    """Names, attributes and texts are there; mixed text stays together."""
    content = '<?xml version="1.0"?><r xmlns="u"><a id="1">x</a><b><c>y <i>z</i> w</c></b></r>'
    assert read("a.xml", content).text == "r\n  a (id=1): x\n  b\n    c: y z w"


def test_broken_xml_is_text(read: Reader) -> None:
    """XML without any element is read as the text that it is."""
    assert "just words" in read("a.xml", "<?xml version='1.0'?> just words").text
