"""The line at the window's foot: what is starting, how many agents run, where the API answers."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QFrame

from core.records import DeploymentState
from desktop.theme import Space
from desktop.viewmodels.agents import AgentsViewModel
from desktop.viewmodels.core_words import told
from desktop.viewmodels.figures import count
from desktop.viewmodels.notices import step
from desktop.viewmodels.settings import SettingsViewModel
from desktop.viewmodels.shell import ShellViewModel
from desktop.views.controls import Dot, Icon, label
from desktop.views.layouts import STRETCH, row
from desktop.views.look import Look

HEIGHT = 30


class Footer(QFrame):
    """Says in words what the machine is doing for Outpost."""

    def __init__(self, look: Look):
        super().__init__()
        self.setFixedHeight(HEIGHT)
        self._dot = Dot(look, "warning")
        self._state = label(self.tr("Starting…"), "small")
        self._api = label(role="small")
        self._agents = label(role="small")
        lock = Icon(look, "lock", "muted", 13)
        offline = label(self.tr("Offline: nothing leaves this machine"), "small")
        parts = row(
            self._dot,
            self._state,
            STRETCH,
            self._agents,
            self._api,
            lock,
            offline,
            gap=Space.S,
            margins=(Space.L, 0, Space.L, 0),
        )
        self.setLayout(parts)

    def follow(
        self, shell: ShellViewModel, agents: AgentsViewModel, settings: SettingsViewModel
    ) -> None:
        """Show these view-models' state from now on."""
        self._shell, self._agent_list, self._settings = shell, agents, settings
        shell.changed.connect(self._show)
        agents.changed.connect(self._show)
        settings.api_changed.connect(self._show)
        self._show()

    @Slot()
    def _show(self) -> None:
        shell = self._shell
        if shell.running:
            ink, text = "warning", f"{step(shell.running)}…"
        elif shell.problems:
            name, why = shell.problems[0]
            ink, text = "danger", f"{step(name)}: {told(why)}"
        else:
            ink, text = "success", self.tr("Ready")
        self._dot.set_ink(ink)
        self._state.setText(text)
        deployed = sum(
            1 for a in self._agent_list.agents if a.deployment.state is DeploymentState.DEPLOYED
        )
        agents = count(deployed, "agent deployed", "agents deployed")
        self._agents.setText(f"{agents}  ·" if deployed else "")
        api = self._settings.api
        address = api.url.removeprefix("http://")
        self._api.setText(self.tr("API at {address}  ·").format(address=address) if api.url else "")
