"""Files to text with pages and headings, read in a child process that may crash or hang.

`parser.py` is the parent's side and is all that the rest of retrieval imports; everything that
touches a file's bytes runs in the worker.
"""
