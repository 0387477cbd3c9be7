"""The routes of /v1, as programs written for OpenAI's API expect them.

Deployed agents are the models here. What such a program may send and what it gets back is not
ours to choose: unknown fields are ignored, and what is known has OpenAI's meaning. Fields that
OpenAI does not have (timings, citations, llama.cpp's sampling) are additions.
"""

from core.api.openai import chat, embeddings, models, text  # each adds its routes
from core.api.openai.route import routes

__all__ = ["chat", "embeddings", "models", "routes", "text"]
