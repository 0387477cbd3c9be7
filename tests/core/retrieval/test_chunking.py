"""Chunks cover the text, keep exact offsets, and respect pages and headings."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.records import Chunk, HeadingSpan, PageSpan, ParsedDocument, TableSpan
from core.retrieval.chunking import MAX_HEADING, ChunkRules, chunk
from core.retrieval.tokens import estimated_token_starts

SMALL = ChunkRules(max_tokens=20, overlap_tokens=5, max_characters=120)

WORDS = st.sampled_from(
    [
        "a",
        "word",
        "sentence.",
        "Why?",
        "\n",
        "\n\n",
        "  ",
        "x" * 70,
        "東京都",
        "…",
        "«quoted».",
        "\t",
    ]
)


ROWS = st.lists(
    st.sampled_from(["7", "cell", "Two words", "A sentence. Another one.", "x" * 40, "12 kg"]),
    min_size=1,
    max_size=9,
).map(" | ".join)


@st.composite
def documents(draw: st.DrawFn) -> ParsedDocument:
    """Texts with pages and headings at arbitrary places."""
    text = " ".join(draw(st.lists(WORDS, max_size=120)))
    places = st.integers(0, max(len(text) - 1, 0))
    cuts = sorted(draw(st.sets(places, max_size=4)))
    ends = [*cuts[1:], len(text)]
    spans = zip(cuts, ends[: len(cuts)], strict=True)
    pages = tuple(PageSpan(number, *span) for number, span in enumerate(spans, start=1))
    headings = tuple(
        HeadingSpan(draw(st.integers(1, 4)), f"H{start}", start)
        for start in sorted(draw(st.sets(places, max_size=5)))
    )
    return ParsedDocument(text, "text/plain", pages, headings)


@st.composite
def with_tables(draw: st.DrawFn) -> ParsedDocument:
    """Tables among prose; some rows are too long for a chunk."""
    parts: list[str] = []
    tables: list[TableSpan] = []
    size = 0
    for is_table in draw(st.lists(st.booleans(), max_size=5)):
        count = draw(st.integers(1, 25))
        if is_table:
            rows = draw(st.lists(ROWS, min_size=1, max_size=15))
            block = "\n".join(rows)
            header = len(rows[0]) if draw(st.booleans()) else 0
            tables.append(TableSpan(size, size + header, size + len(block)))
        else:
            block = " ".join(["prose"] * count) + "."
        parts.append(block)
        size += len(block) + 2
    text = "\n\n".join(parts)
    pages = (PageSpan(1, 0, len(text)),)
    return ParsedDocument(text, "text/csv", pages, tables=tuple(tables))


EITHER = st.one_of(documents(), with_tables())


@given(with_tables())
def test_a_row_is_cut_only_where_it_is_long(document: ParsedDocument) -> None:
    """Chunks begin and end between rows, unless a row and its header are too long for one."""
    for each in chunk(document, rules=SMALL):
        for place in (each.start, each.end):
            table = next((t for t in document.tables if t.start < place < t.end), None)
            if table is None or "\n" in document.text[place - 1 : place + 1]:
                continue
            row_start = document.text.rfind("\n", 0, place) + 1
            row_end = min(document.text.find("\n", place) % (len(document.text) + 1), table.end)
            row = document.text[row_start:row_end]
            tokens = len(estimated_token_starts(f"{each.context} {row}"))
            assert tokens > SMALL.max_tokens or len(each.context) + len(row) >= SMALL.max_characters


@given(with_tables())
def test_later_rows_carry_their_header(document: ParsedDocument) -> None:
    """A chunk that begins below a table's header has as much of it as fits; no other chunk has."""
    for each in chunk(document, rules=SMALL):
        table = next((t for t in document.tables if t.start < each.start < t.end), None)
        header = document.text[table.start : table.header_end] if table else ""
        assert header.startswith(each.context)
        if table is not None and each.start >= table.header_end > table.start:
            assert each.context
        whole = f"{each.context}\n{each.text}"
        assert len(estimated_token_starts(whole)) <= SMALL.max_tokens
        assert len(each.context) + len(each.text) <= SMALL.max_characters


@given(EITHER)
def test_nothing_is_lost_and_offsets_are_exact(document: ParsedDocument) -> None:
    """Every character but white space lies in a chunk, and each chunk is a slice of the text."""
    covered: set[int] = set()
    for ordinal, each in enumerate(chunk(document, rules=SMALL)):
        assert each.ordinal == ordinal
        assert each.text == document.text[each.start : each.end]
        assert each.text == each.text.strip() != ""
        covered.update(range(each.start, each.end))
    solid = {place for place, sign in enumerate(document.text) if not sign.isspace()}
    assert solid <= covered


@given(EITHER)
def test_chunks_are_small_and_go_forward(document: ParsedDocument) -> None:
    """No chunk exceeds its limits, and each brings something that the one before had not."""
    last_end = 0
    for each in chunk(document, rules=SMALL):
        assert len(estimated_token_starts(each.text)) <= SMALL.max_tokens
        assert len(each.text) <= SMALL.max_characters
        assert each.end > last_end
        last_end = each.end


@given(EITHER)
def test_overlap_is_bounded(document: ParsedDocument) -> None:
    """Two chunks share at most the overlap that the rules allow."""
    chunks = chunk(document, rules=SMALL)
    for first, second in pairwise(chunks):
        shared = document.text[second.start : first.end] if second.start < first.end else ""
        assert len(estimated_token_starts(shared)) <= SMALL.overlap_tokens


@given(documents())
def test_no_chunk_crosses_a_page(document: ParsedDocument) -> None:
    """A page break is always a cut, and the page that a chunk names is the one it lies on."""
    for each in chunk(document, rules=SMALL):
        assert each.first_page == each.last_page
        for page in document.pages:
            assert not each.start < page.start < each.end
            if page.start <= each.start < page.end:
                assert each.first_page == page.number


@given(documents())
def test_no_chunk_crosses_a_heading_of_the_same_or_a_higher_rank(document: ParsedDocument) -> None:
    """Inside a chunk, each heading is of a lower rank than the one before it."""
    for each in chunk(document, rules=SMALL):
        inside = [h.level for h in document.headings if each.start <= h.start < each.end]
        assert inside == sorted(set(inside))


def test_a_long_table_repeats_its_header_and_keeps_its_rows() -> None:
    """Each chunk of a table names the columns, and together they hold every row once."""
    rows = [f"Part {number} | {number * 3} | shelf {number % 7}" for number in range(40)]
    text = "Stock\n\n" + "\n".join(["Name | Amount | Place", *rows]) + "\n\nEnd."
    start = text.index("Name")
    table = TableSpan(start, start + len("Name | Amount | Place"), text.index("\n\nEnd"))
    chunks = chunk(ParsedDocument(text, "text/csv", tables=(table,)), rules=SMALL)
    assert len(chunks) > 10
    for first, second in pairwise(chunks):
        assert second.start >= first.end
        if second.start < table.end:
            assert second.context == "Name | Amount | Place"
            assert set(second.text.split("\n")) <= {*rows, "", "End."}
    assert chunks[0].text.startswith("Stock\n\nName | Amount")
    assert chunks[0].context == ""
    lines = [line for each in chunks for line in each.text.split("\n")]
    assert [line for line in lines if line.startswith("Part")] == rows


def test_a_row_that_fits_is_not_cut_for_an_overlap() -> None:
    """A row that fills nearly a chunk stays whole; the sentence before it is not repeated."""
    row = " | ".join(["cell"] * 9)
    text = f"One two three four five six seven eight nine ten. Eleven twelve.\n\n{row}"
    table = TableSpan(text.index(row), text.index(row), len(text))
    chunks = chunk(ParsedDocument(text, "text/csv", tables=(table,)), rules=SMALL)
    assert [each.text for each in chunks] == [text[: table.start].strip(), row]


def test_an_endless_header_is_shortened() -> None:
    """A header as long as a chunk leaves room for a row."""
    header = " | ".join(f"column {number}" for number in range(60))
    text = header + "\n" + "\n".join(f"row {number} | 1 | 2" for number in range(30))
    document = ParsedDocument(text, "text/csv", tables=(TableSpan(0, len(header), len(text)),))
    for each in chunk(document, rules=SMALL):
        if each.start > len(header):
            assert header.startswith(each.context)
            assert 0 < len(each.context) < 60
            assert "row" in each.text


def test_an_empty_document_has_no_chunks() -> None:
    """White space alone gives nothing to find."""
    assert chunk(ParsedDocument(" \n\n ", "text/plain")) == []


def test_heading_path_names_all_ranks_above() -> None:
    """A chunk carries the headings above it, from the highest to the innermost."""
    text = "# Guide\n\nIntro.\n\n## Setup\n\nDo this.\n\n## Use\n\nDo that."
    document = ParsedDocument(text, "text/markdown", (), _headings(text))
    assert [each.heading for each in chunk(document)] == ["Guide", "Guide › Use"]


def test_a_bare_heading_goes_with_its_first_subsection() -> None:
    """A heading without a text of its own is no chunk; the path is that of the text below it."""
    text = "# Guide\n\n## Setup\n\nDo this."
    (only,) = chunk(ParsedDocument(text, "text/markdown", (), _headings(text)))
    assert only.heading == "Guide › Setup"
    assert only.text == text


def test_heading_goes_on_over_a_page_break() -> None:
    """Text on the next page is still under the heading of the page before."""
    text = "# Terms\n\nFirst page.\n\nSecond page."
    pages = (PageSpan(1, 0, 20), PageSpan(2, 22, len(text)))
    chunks = chunk(ParsedDocument(text, "application/pdf", pages, _headings(text)))
    assert [(each.first_page, each.heading) for each in chunks] == [(1, "Terms"), (2, "Terms")]


def test_an_endless_heading_path_is_cut_at_its_front() -> None:
    """The innermost heading says most, so it is what stays."""
    headings = (HeadingSpan(1, "x" * 300, 0), HeadingSpan(2, "Inner", 10))
    document = ParsedDocument("a" * 9 + "\n" + "body", "text/plain", (), headings)
    heading = chunk(document)[-1].heading
    assert len(heading) == MAX_HEADING
    assert heading.endswith("› Inner")


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("One two three four five. Six seven eight nine ten eleven.", "five."),
        ("One two three four five six\n\nseven eight nine. Ten eleven", "six"),
    ],
)
def test_cuts_fall_at_the_best_place(text: str, ends: str) -> None:
    """A paragraph's end is preferred to a sentence's, and that to a word's."""
    rules = ChunkRules(max_tokens=10, overlap_tokens=0)
    assert chunk(ParsedDocument(text, "text/plain"), rules=rules)[0].text.endswith(ends)


def test_next_chunk_begins_with_the_last_sentence() -> None:
    """A short sentence before a cut is found with what follows, too."""
    text = " ".join(f"Sentence number {number} ends here." for number in range(12))
    rules = ChunkRules(max_tokens=24, overlap_tokens=8)
    chunks = chunk(ParsedDocument(text, "text/plain"), rules=rules)
    for first, second in pairwise(chunks):
        assert second.start < first.end
        assert second.text.startswith("Sentence")


def test_long_text_costs_linear_time() -> None:
    """A text of a megabyte without any line end is cut like any other."""
    document = ParsedDocument("word " * 200_000, "text/plain")
    chunks: list[Chunk] = chunk(document)
    assert max(len(each.text) for each in chunks) <= ChunkRules().max_characters
    assert chunks[-1].end == len(document.text) - 1


def _headings(text: str) -> tuple[HeadingSpan, ...]:
    found, start = [], 0
    for line in text.splitlines(keepends=True):
        if line.startswith("#"):
            level = len(line) - len(line.lstrip("#"))
            found.append(HeadingSpan(level, line.strip("# \n"), start))
        start += len(line)
    return tuple(found)
