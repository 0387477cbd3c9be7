"""The desktop application: it shows and asks, and decides nothing.

Imports point downwards only: main → views → viewmodels → bridge → theme. Of the core it uses
the services on `core.app.Core` and the records, errors, settings and change notices.
"""
