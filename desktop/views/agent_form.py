"""The form for an agent, beside the list: every field with its meaning, checked while typing."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QFrame, QLineEdit, QPlainTextEdit

from core.errors import OutpostError
from core.records import (
    Agent,
    AgentDraft,
    AgentId,
    AgentType,
    DeploymentState,
    MemoryForecast,
    ModelId,
    RerankerId,
)
from desktop.theme import Size, Space
from desktop.viewmodels.agent_form import cautions, problems
from desktop.viewmodels.agents import AgentsViewModel
from desktop.viewmodels.notices import sentence
from desktop.viewmodels.wording import memory_forecast, parameter_count
from desktop.views.agent_fields import CollectionsField, Field, SamplingFields
from desktop.views.controls import Button, Choice, IconButton, label, line, set_property
from desktop.views.layouts import STRETCH, column, holder, row, scrolled
from desktop.views.look import Look

FORECAST_AFTER_MS = 350
"""How long the form has to rest before its memory is estimated: that reads the model's header."""


class AgentForm(QFrame):
    """Creates and edits one agent; nothing is stored before Save."""

    closed = Signal()

    def __init__(self, look: Look, model: AgentsViewModel):
        super().__init__()
        self._look, self._model = look, model
        self._agent: Agent | None = None
        self._touched = False
        self.setProperty("role", "panel")
        self.setMinimumWidth(Size.PANEL)
        self.setMaximumWidth(Size.PANEL)
        self._forecast = label(role="small", wrap=True)
        self._rest = QTimer(self, singleShot=True, interval=FORECAST_AFTER_MS)
        self._make_fields()
        self._lay_out()
        self._connect()

    # ------------------------------------------------------------ building

    def _make_fields(self) -> None:
        self._title = label(role="title")
        self._version = label(role="small", wrap=True)
        self._name = QLineEdit()
        self._name.setPlaceholderText(self.tr("For example: Release notes writer"))
        self._description = QLineEdit()
        self._description.setPlaceholderText(self.tr("One line for the list"))
        self._tags = QLineEdit()
        self._tags.setPlaceholderText(self.tr("Separated by commas"))
        self._type = Choice(self.tr("Type"))
        self._type.offer(
            [
                (self.tr("Fine-tuned: answers from its model"), AgentType.FINE_TUNED),
                (self.tr("RAG: answers from your documents"), AgentType.RAG),
            ]
        )
        self._llm = Choice(self.tr("Model"))
        self._prompt = QPlainTextEdit()
        self._prompt.setPlaceholderText(self.tr("You are a careful assistant. Answer briefly."))
        self._prompt.setFixedHeight(132)
        self._prompt.setTabChangesFocus(True)
        self._collections = CollectionsField(self._look)
        self._strict = QCheckBox(self.tr("Answer only when a passage was found"))
        self._wanted_tags = QLineEdit()
        self._wanted_tags.setPlaceholderText(self.tr("Separated by commas; none means all"))
        self._reranker = Choice(self.tr("Order of passages"))
        self._pinned = QCheckBox(self.tr("Keep deployed"))
        self._sampling = SamplingFields(self._look)
        self.fields = {
            "name": Field(self.tr("Name"), self._name),
            "description": Field(self.tr("Description"), self._description),
            "type": Field(self.tr("Type"), self._type),
            "model": Field(self.tr("Model"), self._llm),
            "tags": Field(self.tr("Tags"), self._tags, self.tr("For filtering the list.")),
            "system_prompt": Field(
                self.tr("Instructions"),
                self._prompt,
                self.tr("Given to the model before every conversation."),
            ),
            "pinned": Field(
                "",
                self._pinned,
                self.tr("Neither idleness nor another agent's deployment stops it."),
            ),
            "collections": Field(self.tr("Collections"), self._collections),
            "retrieval.tags": Field(
                self.tr("Documents tagged"),
                self._wanted_tags,
                self.tr("Look only in documents that have one of these tags."),
            ),
            "retrieval.reranker": Field(
                self.tr("Order of passages"),
                self._reranker,
                self.tr("A cross-encoder reads the best passages again, which takes longer."),
            ),
            **self._sampling.fields,
        }

    def _lay_out(self) -> None:
        close = IconButton(self._look, "close", self.tr("Close the form"), self.close_form)
        words = column(self._title, self._version, gap=2)
        head = row(words, close, margins=(Space.XL, Space.L, Space.M, Space.M))
        head.setStretch(0, 1)
        basics = [self.fields[n] for n in ("name", "description", "type", "model")]
        self._knowledge = holder(
            column(
                label(self.tr("Knowledge"), "section"),
                self.fields["collections"],
                self.fields["retrieval.tags"],
                self.fields["passages"],
                self.fields["retrieval.reranker"],
                self._strict,
                gap=Space.M,
            )
        )
        body = holder(
            column(
                *basics,
                self.fields["system_prompt"],
                self._knowledge,
                self.fields["tags"],
                self.fields["pinned"],
                Space.S,
                line(),
                self._sampling,
                STRETCH,
                gap=Space.L,
                margins=(Space.XL, Space.S, Space.M, Space.XL),
            )
        )
        self._save = Button(
            self._look, self.tr("Create agent"), kind="primary", on_click=self._submit
        )
        cancel = Button(self._look, self.tr("Cancel"), on_click=self.close_form)
        buttons = row(STRETCH, cancel, self._save)
        foot = column(self._forecast, buttons, margins=(Space.XL, Space.M, Space.XL, Space.L))
        whole = column(head, scrolled(body, steady=True), line(), foot, gap=0)
        whole.setStretch(1, 1)
        self.setLayout(whole)

    def _connect(self) -> None:
        for field in (self._name, self._description, self._tags, self._wanted_tags):
            field.textEdited.connect(self._changed)
        self._prompt.textChanged.connect(self._changed)
        self._type.chosen.connect(self._changed)
        self._llm.chosen.connect(self._offer_adapters)
        self._llm.chosen.connect(self._changed)
        self._reranker.chosen.connect(self._changed)
        self._collections.changed.connect(self._changed)
        self._sampling.changed.connect(self._changed)
        self._model.changed.connect(self._offer)
        self._model.forecast_known.connect(self._show_forecast)
        self._rest.timeout.connect(lambda: self._model.forecast(self.draft()))
        self._model.refused.connect(self._refused)
        self._model.saved.connect(self._saved)

    # ------------------------------------------------------------ using

    def begin(self, agent: Agent | None) -> None:
        """Show the form for an agent, or for a new one."""
        self._agent, self._touched = agent, False
        draft = agent.draft if agent else self._blank()
        self._offer()
        self._title.setText(agent.name if agent else self.tr("New agent"))
        self._save.change(self.tr("Save") if agent else self.tr("Create agent"), "")
        self._version.setText(self._version_note(agent))
        self._version.setVisible(agent is not None)
        self._fill(draft)
        self._forecast.clear()
        self._check()
        self.show()
        self._name.setFocus()

    def show_all_parameters(self) -> None:
        """Unfold the parameters that few agents need."""
        self._sampling.show_more(True)

    def close_form(self) -> None:
        self._rest.stop()
        self.hide()
        self._agent = None
        self.closed.emit()

    def draft(self) -> AgentDraft:
        """Return what is entered now."""
        base = self._agent.draft if self._agent else self._blank()
        kind = AgentType(str(self._type.value()))
        chosen = self._llm.value()
        return replace(
            base,
            name=self._name.text().strip(),
            description=self._description.text().strip(),
            type=kind,
            model=ModelId(str(chosen or "")),
            system_prompt=self._prompt.toPlainText().strip(),
            tags=_tags(self._tags.text()),
            adapters=self._sampling.adapters(),
            sampling=self._sampling.sampling(base.sampling),
            context_tokens=self._sampling.context_tokens(),
            collections=self._collections.chosen() if kind is AgentType.RAG else (),
            pinned=self._pinned.isChecked(),
            retrieval=replace(
                base.retrieval,
                passages=self._sampling.passages(),
                strict=self._strict.isChecked(),
                tags=_tags(self._wanted_tags.text()),
                reranker=RerankerId(str(self._reranker.value() or "")),
            ),
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_form()
        else:
            super().keyPressEvent(event)

    def _blank(self) -> AgentDraft:
        usable = [model for model in self._model.choices.models if model.usable]
        best = next((m for m in usable if not m.is_starter), usable[0] if usable else None)
        model_id = best.id if best else ModelId("")
        return AgentDraft(name="", type=AgentType.FINE_TUNED, model=model_id)

    def _fill(self, draft: AgentDraft) -> None:
        self._name.setText(draft.name)
        self._description.setText(draft.description)
        self._tags.setText(", ".join(draft.tags))
        self._type.select(draft.type)
        self._llm.select(draft.model)
        self._offer_adapters()
        for field in (self._name, self._description, self._tags):
            field.setCursorPosition(0)
        self._prompt.setPlainText(draft.system_prompt)
        self._collections.choose(draft.collections)
        self._strict.setChecked(draft.retrieval.strict)
        self._wanted_tags.setText(", ".join(draft.retrieval.tags))
        self._reranker.select(draft.retrieval.reranker)
        self._pinned.setChecked(draft.pinned)
        self._sampling.fill(draft)
        self._touched = False

    @Slot()
    def _offer(self) -> None:
        """Offer the models, adapters and collections that there are now."""
        choices = self._model.choices
        options: list[tuple[str, object]] = []
        for model in choices.models:
            if model.usable:
                facts = (parameter_count(model.parameters), model.quantisation)
                told = [fact for fact in facts if fact and fact not in model.name]
                options.append((" · ".join([model.name, *told]), model.id))
        wanted = self._agent.draft.model if self._agent else None
        if wanted and wanted not in {value for _, value in options}:
            options.append((self.tr("{model} (missing)").format(model=wanted), wanted))
        self._llm.offer(options)
        self._collections.offer(choices.collections)
        self._offer_rerankers()
        self._offer_adapters()

    def _offer_rerankers(self) -> None:
        """Offer the cross-encoders that there are, and nothing at all where there is none."""
        options: list[tuple[str, object]] = [(self.tr("As search finds them"), "")]
        options += [(each.name, each.id) for each in self._model.choices.rerankers]
        wanted = self._agent.draft.retrieval.reranker if self._agent else ""
        if wanted and wanted not in {value for _, value in options}:
            options.append((self.tr("{model} (missing)").format(model=wanted), wanted))
        self._reranker.offer(options)
        self.fields["retrieval.reranker"].setVisible(len(options) > 1)

    @Slot()
    def _offer_adapters(self) -> None:
        """Offer the adapters that fit the chosen model."""
        chosen = ModelId(str(self._llm.value() or ""))
        self._sampling.offer(self._model.choices.adapters_for(chosen))

    @Slot()
    def _changed(self, *_: object) -> None:
        self._touched = True
        self._check()

    def _check(self) -> None:
        """Show what is wrong so far; an untouched form does not complain yet."""
        draft = self.draft()
        self._knowledge.setVisible(draft.type is AgentType.RAG)
        wrong = problems(draft, self._taken_names())
        chosen = next((m for m in self._model.choices.models if m.id == draft.model), None)
        doubtful = cautions(draft, chosen)
        for name, field in self.fields.items():
            field.complain(wrong.get(name, "") if self._touched else "", doubtful.get(name, ""))
        self._save.setEnabled(not wrong)
        self._save.setToolTip("\n".join(wrong.values()))
        self._rest.start()

    @Slot(object, object)
    def _show_forecast(self, draft: AgentDraft, forecast: MemoryForecast | None) -> None:
        """Say what deploying would take, unless something else is entered by now."""
        if self.isHidden() or draft != self.draft():
            return
        self._forecast.setText("" if forecast is None else memory_forecast(forecast))
        too_much = forecast is not None and not forecast.fits
        set_property(self._forecast, "role", "problem" if too_much else "small")

    def _taken_names(self) -> list[str]:
        own = self._agent.id if self._agent else None
        return [agent.name for agent in self._model.agents if agent.id != own]

    def _submit(self) -> None:
        agent_id: AgentId | None = self._agent.id if self._agent else None
        self._save.setEnabled(False)
        self._model.save(agent_id, self.draft())

    def _version_note(self, agent: Agent | None) -> str:
        if agent is None:
            return ""
        text = self.tr("Version {version}; saving makes a new one.").format(version=agent.version)
        if agent.deployment.state is DeploymentState.DEPLOYED:
            text += " " + self.tr(
                "A new model or context size takes effect when it is deployed again."
            )
        return text

    @Slot(object)
    def _refused(self, error: OutpostError) -> None:
        """Show the core's refusal at the field it is about, else above Save."""
        whole = error.param or ""
        field = self.fields.get(whole) or self.fields.get(whole.split(".")[-1])
        field = field or self.fields["name"]
        field.complain(sentence(error))
        field.setFocus()
        self._save.setEnabled(True)

    @Slot(object)
    def _saved(self, agent: Agent) -> None:
        if self.isVisible():
            self.close_form()


def _tags(text: str) -> tuple[str, ...]:
    """Return the tags in a comma-separated text, each once and in order."""
    return tuple(dict.fromkeys(tag.strip() for tag in text.split(",") if tag.strip()))
