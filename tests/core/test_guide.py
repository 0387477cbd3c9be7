"""The guide is what the Guide agent answers from, so it has to be whole and has to be true."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pypdfium2
import pytest

import resources
from core.config import Settings
from core.errors import AgentDeployed, ContextExceeded, NotDeployed, PoolFull, PortInUse
from core.records import (
    AgentDraft,
    CitationState,
    DeploymentState,
    DocumentState,
    MessageState,
    RetrievalSettings,
    Sampling,
)
from core.retrieval.parsing.reasons import REASONS

ROOT = Path(__file__).resolve().parents[2]
PDF = "operator-guide.pdf"


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """The program that makes the PDF; packaging/ is no package, so it is loaded by its path."""
    spec = importlib.util.spec_from_file_location(
        "make_guide_pdf", ROOT / "packaging" / "make_guide_pdf.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages() -> list[str]:
    """The text of each page of the PDF as it lies in the repository."""
    with pypdfium2.PdfDocument(resources.guide_dir() / PDF) as document:
        return [_page_text(document, index) for index in range(len(document))]


def _page_text(document: pypdfium2.PdfDocument, index: int) -> str:
    page = document[index]
    text_page = page.get_textpage()
    text = text_page.get_text_range()
    text_page.close()
    page.close()
    return " ".join(text.split())


def _markdown() -> str:
    return (ROOT / "docs" / "operator-guide.md").read_text("utf-8")


def _page(pages: list[str], heading: str) -> str:
    found = [text for text in pages if text.startswith(heading)]
    assert len(found) == 1, f"{len(found)} pages begin with '{heading}'"
    return found[0]


def test_the_pdf_is_made_from_the_markdown(maker: ModuleType) -> None:
    """The PDF in the repository is byte for byte what the program makes of the Markdown."""
    assert (resources.guide_dir() / PDF).read_bytes() == maker.make_pdf(_markdown())


def test_each_topic_is_one_page(pages: list[str]) -> None:
    """Each first-level heading begins a page, and no topic runs over onto a second one."""
    topics = re.findall(r"^# (.+)$", _markdown(), re.MULTILINE)
    assert len(topics) > 5
    assert len(pages) == len(topics)
    for text, topic in zip(pages, topics, strict=True):
        assert text.startswith(topic)


def test_every_page_has_text_to_answer_from(pages: list[str]) -> None:
    """Every page carries a text layer with more than its heading and its number."""
    assert min(len(text.split()) for text in pages) > 100


def test_unknown_markdown_is_refused(maker: ModuleType) -> None:
    """A construct or character without a layout stops the program instead of vanishing."""
    with pytest.raises(maker.GuideError, match="fence"):
        maker.make_pdf("# Title\n\n```\ncode\n```\n")
    with pytest.raises(maker.GuideError, match="fonts lack"):
        maker.make_pdf("# Title\n\nAn arrow \u2192 here.\n")


def test_every_document_is_reachable() -> None:
    """The starter collection is exactly what lies in the folder: all three formats, none empty."""
    documents = resources.guide_documents()
    assert sorted(resources.guide_dir().iterdir()) == list(documents)
    assert {path.suffix for path in documents} == {".pdf", ".md", ".txt"}
    for path in documents:
        if path.suffix != ".pdf":
            assert len(path.read_text("utf-8").split()) > 100


def test_the_guide_points_to_no_other_machine() -> None:
    """The guide of an offline application names no address but the loopback's."""
    texts = [
        path.read_text("utf-8") for path in resources.guide_documents() if path.suffix != ".pdf"
    ]
    for text in (*texts, _markdown()):
        hosts = re.findall(r"https?://([^/\s:\"]+)", text)
        assert set(hosts) <= {"127.0.0.1"}


def test_the_settings_page_lists_every_setting(pages: list[str]) -> None:
    """Each setting is in the guide under its variable, with the default that is in force."""
    page = _page(pages, "Settings")
    for spec in fields(Settings):
        name = spec.metadata["env"]
        shown = "" if isinstance(spec.default, Path) else str(spec.default).lower()
        assert f"{name} {shown}".strip() in page


def test_the_parameters_page_lists_every_parameter(pages: list[str]) -> None:
    """Each sampling parameter is in the guide with its default."""
    page = _page(pages, "Agent parameters")
    defaults = Sampling()
    for spec in fields(Sampling):
        value = getattr(defaults, spec.name)
        shown = "none" if value in (None, ()) else f"{value:g}"
        assert f"{spec.name} {shown} " in page


def test_every_reason_of_a_failed_document_is_explained(pages: list[str]) -> None:
    """An operator finds each reason for an unreadable document, and what to do about it."""
    page = _page(pages, "When a document fails")
    for reason in REASONS:
        assert f" {reason.replace('_', ' ')} " in page


def test_the_limits_in_the_prose_are_in_force(pages: list[str]) -> None:
    """The sentences that answer the likeliest questions state the defaults of this version."""
    limits = Settings()
    deploying = _page(pages, "Deploying an agent")
    assert f"{limits.max_deployed_agents} agents can be deployed at once" in deploying
    assert f"{limits.agent_timeout_s} seconds" in deploying
    parameters = _page(pages, "Agent parameters")
    draft_defaults = {spec.name: spec.default for spec in fields(AgentDraft)}
    assert f"default context size is {draft_defaults['context_tokens']} tokens" in parameters
    retrieval, looking = RetrievalSettings(), _page(pages, "How a RAG agent looks for passages")
    assert f"looks for {retrieval.passages} passages" in looking
    assert f"at most {retrieval.budget_tokens} tokens" in looking
    rest = (resources.guide_dir() / "rest-api.md").read_text("utf-8")
    assert f"The REST API listens on port {limits.port} " in rest


@pytest.mark.parametrize(
    ("heading", "states"),
    [
        ("Deploying an agent", list(DeploymentState)),
        ("Conversations", list(MessageState)),
        ("Collections and documents", list(DocumentState)),
        ("Citations", list(CitationState)),
    ],
)
def test_every_state_is_explained(pages: list[str], heading: str, states: list[str]) -> None:
    """Each state that the window shows is named on the page about its thing."""
    page = _page(pages, heading)
    for state in states:
        assert re.search(rf"\b{state}\b", page)


@pytest.mark.parametrize(
    "error",
    [
        PoolFull(3, ["A", "B", "C"]),
        NotDeployed("NAME", "stopped"),
        AgentDeployed("NAME"),
        PortInUse(8004),
        ContextExceeded(0, 1),
    ],
    ids=lambda error: type(error).__name__,
)
def test_troubleshooting_quotes_the_real_sentences(error: Exception) -> None:
    """An operator who searches for the sentence on the screen finds it in the guide."""
    text = (resources.guide_dir() / "troubleshooting.md").read_text("utf-8")
    sentence = str(error).replace(" 0 ", " N ").replace(" 1 ", " M ")
    assert f'"{sentence}"' in text
