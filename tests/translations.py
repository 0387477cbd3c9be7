"""The window's words for translators: `python dev.py translate` brings resources/translations up
to date.

Reads the desktop's source and writes every text that is shown into each language's .ts file, with
the translations that are there already; what has gone is taken out. Then Qt's lrelease makes of
each the .qm file that the window loads. Qt's own lupdate would do for `self.tr`, but knows neither
our `tr` of one context nor `count`.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from desktop.language import FOLDER
from desktop.viewmodels.base import CONTEXT

ROOT = Path(__file__).resolve().parents[1]
DESKTOP = ROOT / "desktop"
PLACEHOLDER = re.compile(r"\{\w+\}")
FORMS = 2
"""Singular and plural; a language with more needs its own number here."""


@dataclass(frozen=True, slots=True, order=True)
class Text:
    """A text that is shown: where it is looked up, its English, whether it has plural forms."""

    context: str
    source: str
    plural: bool = False


def texts() -> list[Text]:
    """Return every text of the desktop once, in order; raises ValueError for one made at run."""
    found: set[Text] = set()
    for file in DESKTOP.rglob("*.py"):
        try:
            found.update(_texts_in(ast.parse(file.read_text("utf-8")), CONTEXT))
        except ValueError as error:
            raise ValueError(f"{file.relative_to(ROOT)}: {error}") from error
    return sorted(found)


def _texts_in(node: ast.AST, context: str) -> Iterator[Text]:
    for child in ast.iter_child_nodes(node):
        inner = child.name if isinstance(child, ast.ClassDef) else context
        if isinstance(child, ast.Call):
            yield from _texts_of(child, context)
        yield from _texts_in(child, inner)


def _texts_of(call: ast.Call, class_name: str) -> Iterator[Text]:
    """Yield the text of tr("…"), said("…"), self.tr("…") and count(n, "one", "many")."""
    match call.func:
        case ast.Name(id="tr"):
            yield Text(CONTEXT, _literal(call.args[0]))
        case ast.Name(id="said"):  # by the core: looked up when it is said
            yield Text(CONTEXT, _literal(call.args[0]))
        case ast.Attribute(value=ast.Name(id="self"), attr="tr"):
            yield Text(class_name, _literal(call.args[0]))
        case ast.Name(id="count") if len(call.args) == 3:
            _literal(call.args[1])
            yield Text(CONTEXT, f"{{n}} {_literal(call.args[2])}", plural=True)


def _literal(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    raise ValueError(f"line {node.lineno}: only a literal can be translated")


# ---------------------------------------------------------------- files


def read(file: Path) -> dict[Text, tuple[str, ...]]:
    """Return a language's translations; of a text with plural forms all of them."""
    found: dict[Text, tuple[str, ...]] = {}
    for context in ET.parse(file).getroot().iter("context"):
        name = context.findtext("name", "")
        for message in context.iter("message"):
            plural = message.get("numerus") == "yes"
            text = Text(name, message.findtext("source", ""), plural)
            found[text] = _forms(message.find("translation"))
    return found


def _forms(translation: ET.Element | None) -> tuple[str, ...]:
    if translation is None or translation.get("type") == "unfinished":
        return ()
    forms = translation.findall("numerusform") or [translation]
    return tuple(each.text or "" for each in forms)


def write(file: Path, language: str, known: dict[Text, tuple[str, ...]]) -> None:
    """Write a .ts file with all texts; those without a translation are marked as unfinished."""
    root = ET.Element("TS", version="2.1", language=language, sourcelanguage="en")
    contexts: dict[str, ET.Element] = {}
    for text in texts():
        if text.context not in contexts:
            contexts[text.context] = ET.SubElement(root, "context")
            ET.SubElement(contexts[text.context], "name").text = text.context
        _write_message(contexts[text.context], text, known.get(text, ()))
    ET.indent(root, "")
    body = ET.tostring(root, "unicode")
    file.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{body}\n', "utf-8")


def _write_message(context: ET.Element, text: Text, forms: tuple[str, ...]) -> None:
    message = ET.SubElement(context, "message", {"numerus": "yes"} if text.plural else {})
    ET.SubElement(message, "source").text = text.source
    translation = ET.SubElement(message, "translation", {} if forms else {"type": "unfinished"})
    if not text.plural:
        translation.text = "".join(forms)
    for at in range(FORMS if text.plural else 0):
        ET.SubElement(translation, "numerusform").text = forms[at] if at < len(forms) else ""


def compile_file(file: Path, to: Path) -> None:
    """Make the .qm file that Qt loads; without what is unfinished."""
    lrelease = Path(sys.executable).with_name("pyside6-lrelease")
    command = [str(lrelease), "-silent", "-nounfinished", str(file), "-qm", str(to)]
    subprocess.run(command, check=True)


def same_texts_elsewhere(known: dict[Text, tuple[str, ...]]) -> dict[Text, tuple[str, ...]]:
    """Return the translations with those of the same words in another context filled in."""
    by_source = {(text.source, text.plural): forms for text, forms in known.items() if forms}
    return {
        text: known.get(text) or by_source.get((text.source, text.plural), ()) for text in texts()
    }


def main() -> int:
    left = 0
    for file in sorted(FOLDER.glob("outpost_*.ts")):
        known = same_texts_elsewhere(read(file))
        write(file, file.stem.removeprefix("outpost_"), known)
        compile_file(file, file.with_suffix(".qm"))
        for text in (each for each, forms in known.items() if not forms):
            left += 1
            print(f"{file.name}: not translated: {text.context}: {text.source}")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main())
