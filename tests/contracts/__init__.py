"""Promises that hold across rooms: imports, guards, every engine and every embedder."""
