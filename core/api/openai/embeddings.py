"""POST /v1/embeddings: texts in, vectors out, by the embedder that collections use."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from core.api.openai.answers import EmbeddingAnswer, EmbeddingsAnswer, EmbeddingUsageAnswer
from core.api.openai.bodies import EmbeddingsBody
from core.api.openai.route import embedder_named, routes
from core.api.routing import CHATS, Caller, Services
from core.errors import InvalidInput

if TYPE_CHECKING:
    from core.retrieval.embedding import Vectors


@routes.post("/embeddings", response_model=EmbeddingsAnswer, **CHATS)
def embeddings(body: EmbeddingsBody, caller: Caller, core: Services) -> EmbeddingsAnswer:
    """Embed texts; each vector has the length 1."""
    embedder = embedder_named(core, body.model)
    vectors, tokens = core.collections.embed(embedder.id, body.texts())
    dimension = vectors.shape[1]
    if body.dimensions not in (None, dimension):
        raise InvalidInput(f"The vectors have {dimension} dimensions.", param="dimensions")
    as_text = body.encoding_format == "base64"
    return EmbeddingsAnswer(
        data=[
            EmbeddingAnswer(index=index, embedding=_encoded(vector, as_text=as_text))
            for index, vector in enumerate(vectors)
        ],
        model=body.model,
        usage=EmbeddingUsageAnswer(prompt_tokens=tokens, total_tokens=tokens),
    )


def _encoded(vector: Vectors, *, as_text: bool) -> list[float] | str:
    if as_text:
        return base64.b64encode(vector.astype("<f4").tobytes()).decode()
    return [float(each) for each in vector]
