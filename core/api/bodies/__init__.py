"""The shapes of requests: what a client may send, field by field.

A field that does not exist is refused rather than ignored, so that a misspelt one is noticed.
Ranges are checked by the core, which says the same to the window.
"""
