"""The documentation page: the OpenAPI document as plain HTML, made here.

The framework's own pages load their scripts from the network, which Outpost never touches. This
one has no script at all, so that it also works when saved as a file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }
h2 { margin-top: 2em; border-bottom: 1px solid #8886; }
section { margin: 1.2em 0; }
h3 { font: 600 1em ui-monospace, monospace; margin-bottom: 0; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .1em 1em .1em 0;
vertical-align: top; } code { font-family: ui-monospace, monospace; } small { opacity: .7; }
"""


def docs_page(document: Mapping[str, Any]) -> str:
    """Return a page that describes every route of an OpenAPI document."""
    title = escape(f"{document['info']['title']} {document['info']['version']}")
    body = "\n".join(_sections(document))
    about = _paragraphs(document["info"].get("description", ""))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body><h1>{title}</h1>{about}{body}</body></html>"
    )


def _sections(document: Mapping[str, Any]) -> Iterator[str]:
    by_tag: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                operation = operations[method]
                text = _operation(document, method, path, operation)
                by_tag.setdefault(operation["tags"][0], []).append(text)
    for tag, texts in by_tag.items():
        yield f"<h2>{escape(tag)}</h2>" + "".join(texts)


def _operation(
    document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]
) -> str:
    scope = escape(operation.get("x-scope", ""))
    parts = [
        f"<section><h3>{method.upper()} {escape(path)} <small>scope {scope}</small></h3>",
        _paragraphs(operation.get("description", "")),
    ]
    parameters = [
        (item["name"], _kind(item["schema"]), item.get("description", ""))
        for item in operation.get("parameters", [])
    ]
    parts.append(_table("Parameters", parameters))
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        parts.append(_table(f"Body ({media_type})", _fields(document, content["schema"])))
    for status, response in operation["responses"].items():
        schema = response.get("content", {}).get("application/json", {}).get("schema")
        if schema and status.startswith("2"):
            parts.append(_table(f"Answer {status}", _fields(document, schema)))
    return "".join(parts) + "</section>"


def _fields(document: Mapping[str, Any], schema: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return [
        (name, _kind(field), field.get("description", ""))
        for name, field in schema.get("properties", {}).items()
    ]


def _kind(schema: Mapping[str, Any]) -> str:
    """Say what a field holds, in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(_kind(option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if "const" in schema:
        return f'"{schema["const"]}"'
    return str(schema.get("format") or schema.get("type", "anything"))


def _table(title: str, rows: list[tuple[str, str, str]]) -> str:
    if not rows:
        return ""
    cells = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(kind)}</td><td>{escape(text)}</td></tr>"
        for name, kind, text in rows
    )
    return f"<details><summary>{escape(title)}</summary><table>{cells}</table></details>"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in text.split("\n\n") if part.strip())
