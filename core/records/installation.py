"""What an installation consists of: the places that it takes on disk, and foreign software."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class PlaceKind(StrEnum):
    """What lies in a place."""

    DATABASE = "database"
    INDEX = "index"
    """Keywords and vectors for searching; the database can make them again."""
    UPLOADS = "uploads"
    CACHE = "cache"
    BACKUPS = "backups"
    LOG = "log"
    MODELS = "models"


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder of Outpost's, and how much room it takes."""

    kind: PlaceKind
    path: Path
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Storage:
    """All places, and what is free on the disk of the data folder."""

    places: tuple[Place, ...]
    free_bytes: int


@dataclass(frozen=True, slots=True)
class Licence:
    """A piece of software that Outpost is made of, and what allows its use."""

    name: str
    version: str
    licence: str
    """In few words, such as 'MIT'; empty where the package does not say."""
    text: str
    """The whole text; empty where the package carries none."""
