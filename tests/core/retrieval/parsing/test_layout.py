"""Lines with places become text with pages, paragraphs and headings."""

from __future__ import annotations

from core.retrieval.parsing.layout import Bookmark, Line, assemble


def body(text: str, y: float, *, x: float = 50, size: float = 12, hyphen: bool = False) -> Line:
    return Line(text, x, y, size, hyphen)


def test_gaps_make_paragraphs() -> None:
    """Lines at the usual distance are one paragraph, a larger gap begins the next."""
    lines = [body("one", 700), body("two", 686), body("three", 672), body("four", 640)]
    text, pages, _ = assemble([lines])
    assert text == "one\ntwo\nthree\n\nfour"
    assert (pages[0].number, pages[0].start, pages[0].end) == (1, 0, len(text))


def test_going_up_begins_a_new_column() -> None:
    """A line above the one before it is the top of the next column, not the same paragraph."""
    lines = [body("a", 700), body("b", 686), body("c", 700, x=300), body("d", 686, x=300)]
    assert assemble([lines])[0] == "a\nb\n\nc\nd"


def test_a_hyphenated_word_is_joined() -> None:
    """A word that was divided at a line's end is whole again."""
    lines = [body("the exam", 700, hyphen=True), body("ple is", 686), body("short", 672)]
    assert assemble([lines])[0] == "the example is\nshort"


def test_a_raised_sign_does_not_divide_a_line() -> None:
    """What stands further right at nearly the same height goes on in the same line."""
    lines = [body("Gal*", 700), body(", Eich", 698, x=90), body("next", 684)]
    assert assemble([lines])[0] == "Gal*, Eich\nnext"


def test_page_spans_give_back_each_page() -> None:
    """Each page's span is exactly its text, and an empty page has an empty span."""
    text, pages, _ = assemble([[body("first", 700)], [], [body("third", 700)]])
    assert [text[page.start : page.end] for page in pages] == ["first", "", "third"]
    assert [page.number for page in pages] == [1, 2, 3]


def test_repeated_headers_and_footers_stay_once() -> None:
    """A line at the same place on most pages is kept on the first of them only."""
    pages = [
        [
            body("Annual report", 800),
            *(body(f"line {line} of page {number}", 700 - 14 * line) for line in range(5)),
            body(f"- {number} -", 20),
        ]
        for number in range(1, 7)
    ]
    text, _, _ = assemble(pages)
    assert text.count("Annual report") == 1
    assert "- 1 -" in text
    assert "- 2 -" not in text
    assert text.count("line 2 of page") == 6


def test_slides_keep_their_titles() -> None:
    """Pages of few lines lose none, even where their titles differ by a number only."""
    pages = [[body(f"Example {number}", 800), body("text", 700)] for number in range(6)]
    assert assemble(pages)[0].count("Example") == 6


def test_few_pages_keep_everything() -> None:
    """On three pages nothing can be called repeated."""
    pages = [[body("Title", 800), body(f"text {number}", 700)] for number in range(3)]
    assert assemble(pages)[0].count("Title") == 3


def test_headings_come_from_the_table_of_contents() -> None:
    """Entries are found by their words, or else by their height on the page."""
    lines = [
        body("1 Introduction", 700),
        body("some text", 680),
        body("Chapter the second", 600),
        body("more text", 580),
    ]
    marks = [Bookmark(1, "Introduction", 0, 710.0), Bookmark(2, "Another name", 0, 610.0)]
    text, _, headings = assemble([lines], marks)
    assert [(each.level, each.text) for each in headings] == [
        (1, "Introduction"),
        (2, "Another name"),
    ]
    assert [text[each.start :][:9] for each in headings] == ["1 Introdu", "Chapter t"]


def test_headings_come_from_larger_type() -> None:
    """Without a table of contents short lines in larger type are headings, the largest highest."""
    lines = [body("Main title", 760, size=24), body("goes on", 735, size=24)]
    lines += [body("Some body text that is much longer.", 700 - 14 * n) for n in range(6)]
    lines += [body("Section", 590, size=16)]
    lines += [body("Some body text that is much longer.", 570 - 14 * n) for n in range(6)]
    text, _, headings = assemble([lines])
    assert [(each.level, each.text) for each in headings] == [
        (1, "Main title goes on"),
        (2, "Section"),
    ]
    assert text[headings[1].start :].startswith("Section\n\nSome body")


def test_bookmarks_to_nowhere_are_ignored() -> None:
    """A damaged table of contents costs headings, not the document."""
    marks = [Bookmark(1, "Gone", 7, None), Bookmark(1, "Negative", -1, None)]
    assert assemble([[body("text", 700)]], marks)[2] == ()
