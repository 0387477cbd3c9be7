"""Bad input, made by scripts: 400 files and requests that must end in a coded error or be right.

Each module makes one family, always alike: what is random comes from fixed seeds. A run of all of
it takes a while, so that a sample is what runs each time; OUTPOST_CORPUS=all runs everything.
"""
