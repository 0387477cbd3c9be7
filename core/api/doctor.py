"""Whether the stores are whole and agree, and their repair; for the owner alone."""

from __future__ import annotations

from core.api.answers import HealthAnswer
from core.api.routing import MANAGES, Caller, Services, require_owner, router

routes = router(tag="System", path="/doctor")


@routes.get("", **MANAGES)
def examine(caller: Caller, core: Services) -> HealthAnswer:
    """Compare database, keyword index and vectors; takes seconds where much is stored."""
    require_owner(caller)
    return HealthAnswer.model_validate(core.doctor.examine())


@routes.post("/repair", status_code=202, **MANAGES)
def repair(caller: Caller, core: Services) -> HealthAnswer:
    """Have the indexes put right from the database, in the background."""
    require_owner(caller)
    core.doctor.repair()
    return HealthAnswer.model_validate(core.doctor.examine())
