"""Models, settings, the machine, and how Outpost itself is doing."""

from __future__ import annotations

from fastapi import Response

import core as outpost
from core.api.answers import (
    DeployedAnswer,
    HardwareAnswer,
    MemoryAnswer,
    ModelAnswer,
    OccupancyAnswer,
    OfflineAnswer,
    Page,
    SettingsAnswer,
    StatusAnswer,
    StepAnswer,
    UserAnswer,
)
from core.api.bodies.system import AcceptBody, ImportBody, SettingsBody
from core.api.paging import Paging
from core.api.paths import existing
from core.api.routing import MANAGES, READS, Caller, Services, require_owner, router
from core.engines.hardware import process_bytes
from core.errors import NotFound
from core.records import DeploymentState, ModelId

routes = router(tag="System")


@routes.get("/models", **READS)
def models(caller: Caller, core: Services, paging: Paging) -> Page[ModelAnswer]:
    """List every model file, with the reason where one cannot be used."""
    return paging.page(core.models.list(), ModelAnswer.model_validate)


@routes.post("/models/scan", **MANAGES)
def scan(caller: Caller, core: Services, paging: Paging) -> Page[ModelAnswer]:
    """Look at the models folder again and list what is there."""
    return paging.page(core.models.scan(), ModelAnswer.model_validate)


@routes.post("/models/import", status_code=201, **MANAGES)
def import_model(body: ImportBody, caller: Caller, core: Services) -> ModelAnswer:
    """Copy a model file of this machine into the models folder; for the owner alone."""
    require_owner(caller)
    path = existing(body.path)
    if not path.is_file():
        raise NotFound("model file", body.path)
    return ModelAnswer.model_validate(core.models.import_file(path))


@routes.post("/models/accept", **MANAGES)
def accept_model(body: AcceptBody, caller: Caller, core: Services) -> ModelAnswer:
    """Take a model's file as it is now, after it was replaced on purpose; for the owner alone."""
    require_owner(caller)
    return ModelAnswer.model_validate(core.models.accept(ModelId(body.model)))


@routes.get("/models/{model_id:path}", **READS)
def model(model_id: ModelId, caller: Caller, core: Services) -> ModelAnswer:
    """Read one model."""
    return ModelAnswer.model_validate(core.models.get(model_id))


@routes.delete("/models/{model_id:path}", status_code=204, **MANAGES)
def delete_model(model_id: ModelId, caller: Caller, core: Services) -> Response:
    """Delete a model's file; agents on it stay and need another model. For the owner alone."""
    require_owner(caller)
    core.models.delete(model_id)
    return Response(status_code=204)


@routes.get("/status", **READS)
def status(caller: Caller, core: Services) -> StatusAnswer:
    """Say how far starting up is, what is deployed, what the machine offers, and who is asking."""
    machine = core.hardware()
    deployed = core.agents.list(caller.user.id, state=DeploymentState.DEPLOYED)
    return StatusAnswer(
        version=outpost.__version__,
        ready=core.startup.finished.is_set(),
        startup=[StepAnswer.model_validate(step) for step in core.startup.steps()],
        user=UserAnswer.model_validate(caller.user),
        scope=caller.scope,
        deployed=[agent.name for agent in deployed],
        deployments=[DeployedAnswer.of(agent) for agent in deployed],
        max_deployed_agents=core.settings.max_deployed_agents,
        pool=OccupancyAnswer.model_validate(core.pool.occupancy()),
        memory=MemoryAnswer(
            total_bytes=machine.memory_bytes,
            available_bytes=machine.available_bytes,
            outpost_bytes=process_bytes(),
        ),
        hardware=HardwareAnswer.model_validate(machine),
    )


@routes.get("/hardware", **READS)
def hardware(caller: Caller, core: Services) -> HardwareAnswer:
    """Say what this machine offers to a model: processor, memory, graphics, and the engine."""
    return HardwareAnswer.model_validate(core.hardware())


@routes.get("/offline-report", **READS)
def offline_report(caller: Caller, core: Services) -> OfflineAnswer:
    """Prove that nothing left the machine: what tried to, and which sockets are open.

    For the owner alone, since it names places in their files.
    """
    require_owner(caller)
    return OfflineAnswer.model_validate(core.offline.full_report())


@routes.get("/settings", **READS)
def settings(caller: Caller, core: Services) -> SettingsAnswer:
    """Read the settings in force; folders are the owner's alone to know."""
    return SettingsAnswer.model_validate(core.settings)


@routes.patch("/settings", **MANAGES)
def change_settings(body: SettingsBody, caller: Caller, core: Services) -> SettingsAnswer:
    """Change settings; limits apply at once, the rest at the next start. For the owner alone."""
    require_owner(caller)
    changes = {name: value for name, value in body.given().items() if value is not None}
    if changes:
        core.apply(**changes)
    return SettingsAnswer.model_validate(core.settings)
