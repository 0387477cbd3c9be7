"""From an agent's draft to what an engine has to load; refuses models that cannot serve it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.engines.base import EngineSpec
from core.errors import InvalidInput, NotFound
from core.models import Models
from core.records import AgentDraft, Model, ModelId


@dataclass(frozen=True, slots=True)
class EngineDefaults:
    """What Outpost's settings decide for every engine."""

    threads: int
    slots: int
    prefix_dir: Path


class EngineSpecs:
    """Makes specs; agents whose specs are equal share one engine."""

    def __init__(self, models: Models, defaults: EngineDefaults):
        self._models = models
        self._defaults = defaults

    def spec(self, draft: AgentDraft) -> EngineSpec:
        """Return what the draft needs loaded; raises InvalidInput for an unusable model."""
        adapters = tuple(
            (self._usable(adapter.model, "adapters").path, adapter.scale)
            for adapter in draft.adapters
        )
        return EngineSpec(
            model_path=self._usable(draft.model, "model").path,
            adapters=adapters,
            context_tokens=draft.context_tokens,
            slots=self._defaults.slots,
            threads=draft.engine.threads or self._defaults.threads,
            kv_type=draft.engine.kv_type,
            gpu_layers=draft.engine.gpu_layers,
            batch_tokens=draft.engine.batch_tokens,
            map_file=draft.engine.map_file,
            lock_memory=draft.engine.lock_memory,
            prefix_dir=self._defaults.prefix_dir,
        )

    def check(self, draft: AgentDraft) -> None:
        """Raises InvalidInput where model, adapters and context do not go together."""
        model = self._usable(draft.model, "model")
        if model.is_adapter:
            raise InvalidInput(f"'{model.name}' is an adapter, not a model.", param="model")
        for adapter in draft.adapters:
            if not self._usable(adapter.model, "adapters").is_adapter:
                raise InvalidInput(f"'{adapter.model}' is not a LoRA adapter.", param="adapters")
        if 0 < model.context_tokens < draft.context_tokens:
            raise InvalidInput(
                f"'{model.name}' was trained for a context of {model.context_tokens} tokens; "
                f"{draft.context_tokens} is too much.",
                param="context_tokens",
            )

    def _usable(self, model_id: ModelId, param: str) -> Model:
        try:
            model = self._models.get(model_id)
        except NotFound as error:
            advice = "Choose a model from the list of models."
            raise InvalidInput(str(error), param=param, advice=advice) from error
        if not model.usable:
            reason = f"The model '{model.name}' cannot be used: {model.problem}"
            raise InvalidInput(reason, param=param)
        return model
