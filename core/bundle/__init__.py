"""The air-gap bundle: agents, collections with their vectors, and models, as one file."""

from core.bundle.service import Bundles

__all__ = ["Bundles"]
