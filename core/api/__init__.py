"""The REST API on the loopback address; the only importer of fastapi, pydantic and uvicorn."""
