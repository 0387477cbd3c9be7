"""The first steps: a short guide that ends in a conversation and can be left at any time."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QWidget

from desktop.theme import Space
from desktop.viewmodels.base import tr
from desktop.viewmodels.core_words import told
from desktop.viewmodels.first_run import FirstRunViewModel, Step, questions
from desktop.viewmodels.wording import deployment_state, file_size, parameter_count
from desktop.views.controls import Button, Dot, Icon, chip, label, set_property
from desktop.views.layouts import STRETCH, Screen, card, clear, column, flow, holder, row, scrolled
from desktop.views.look import Look

WIDTH, HEIGHT = 940, 480
STEPS_PX = 200


class FirstRunPage(Screen):
    """Four steps: what Outpost is, the model, deploying, the first question."""

    asked = Signal(object, str)
    """(AgentId, question): the guide ends in this conversation."""
    models_wanted = Signal()
    left = Signal()
    """Somebody goes on without the guide."""

    def __init__(self, look: Look, model: FirstRunViewModel):
        super().__init__()
        self._look, self._model = look, model
        self.setProperty("role", "page")
        self._steps = [StepMark(look, step) for step in Step]
        self._stack = QStackedWidget()
        self._back = Button(look, tr("Back"), on_click=lambda: model.go(model.step - 1))
        self.next = Button(look, tr("Next"), kind="primary", on_click=self._go_on)
        self.skip = Button(look, tr("Skip the guide"), kind="quiet", on_click=self.left.emit)
        self._make_pages()
        self._lay_out()
        model.changed.connect(self._show)
        self._show()
        self.first = self.next

    # ------------------------------------------------------------ building

    def _make_pages(self) -> None:
        self._facts = column()
        self._dot = Dot(self._look)
        self._state = label(wrap=True)
        self._reading = label(role="muted", wrap=True)
        self._questions = column(gap=Space.S)
        self._buttons: dict[str, Button] = {}
        for made in (self._welcome(), self._about_model(), self._deploying(), self._asking()):
            self._stack.addWidget(scrolled(made))

    def _lay_out(self) -> None:
        marks = holder(column(*self._steps, STRETCH, gap=Space.S))
        marks.setFixedWidth(STEPS_PX)
        foot = row(self.skip, STRETCH, self._back, self.next, gap=Space.S)
        right = column(self._stack, foot, gap=Space.L)
        right.setStretch(0, 1)
        inside = row(marks, holder(right), gap=Space.XXL, margins=(Space.XXL,) * 4)
        inside.setStretch(1, 1)
        whole = card(inside)
        whole.setMaximumSize(WIDTH, HEIGHT)
        beside = row(STRETCH, whole, STRETCH)
        beside.setStretch(1, 100)
        centred = column(STRETCH, beside, STRETCH, margins=(Space.XL,) * 4)
        centred.setStretch(1, 100)
        self.setLayout(centred)

    def _welcome(self) -> QWidget:
        return self._page(
            tr("Welcome to Outpost"),
            tr("It runs AI agents on this computer. This guide takes two minutes."),
            self._point(
                "lock",
                tr("Nothing leaves this machine"),
                tr("No account, no cloud, no telemetry. Every connection outwards is refused."),
            ),
            self._point(
                "agents",
                tr("Agents are models with a task"),
                tr("You write their instructions, deploy those that you need, and talk to them."),
            ),
            self._point(
                "quote",
                tr("They answer from your documents"),
                tr("Each answer names the document and the page, and Outpost checks that."),
            ),
        )

    def _about_model(self) -> QWidget:
        bring = Button(
            self._look, tr("Import a model…"), "import", on_click=self.models_wanted.emit
        )
        return self._page(
            tr("A model is here already"),
            tr("Outpost brings a very small one, so that everything can be tried at once."),
            holder(self._facts),
            label(
                tr(
                    "Expect wrong and confused answers of it. For real work bring a model with "
                    "3 to 8 billion parameters as a GGUF file; you can do that at any time."
                ),
                wrap=True,
            ),
            holder(row(bring, STRETCH)),
        )

    def _deploying(self) -> QWidget:
        state = row(self._dot, self._state, gap=Space.M)
        state.setStretch(1, 1)
        words = column(holder(state), self._reading, gap=Space.S, margins=(Space.L,) * 4)
        return self._page(
            tr("Deploy an agent"),
            tr("Deploying loads the agent's model into memory. After that it can answer."),
            card(words, "well"),
        )

    def _asking(self) -> QWidget:
        return self._page(
            tr("Ask your first question"),
            tr("Choose one; the answer appears while it is written. Press its source to see it."),
            holder(self._questions),
        )

    def _page(self, title: str, text: str, *parts: QWidget) -> QWidget:
        head = column(
            label(title, "display", wrap=True), label(text, "muted", wrap=True), gap=Space.XS
        )
        return holder(column(holder(head), *parts, STRETCH, gap=Space.XL))

    def _point(self, icon: str, title: str, text: str) -> QWidget:
        shown = Icon(self._look, icon, "accent_text", 24)
        words = column(label(title, "strong"), label(text, "muted", wrap=True), gap=2)
        parts = row(shown, holder(words), gap=Space.L)
        parts.setAlignment(shown, Qt.AlignmentFlag.AlignTop)
        parts.setStretch(1, 1)
        return holder(parts)

    # ------------------------------------------------------------ showing

    @Slot()
    def _show(self) -> None:
        step = self._model.step
        self._stack.setCurrentIndex(step)
        for mark in self._steps:
            mark.show_as(done=mark.step < step, current=mark.step == step)
        self._back.setVisible(step > Step.WELCOME)
        self._show_model()
        self._show_deployment()
        self._show_questions()
        self._show_next()

    def _show_model(self) -> None:
        clear(self._facts)
        model = self._model.model
        if model is not None:
            parameters = parameter_count(model.parameters)
            facts = (
                model.name,
                tr("{count} parameters").format(count=parameters) if parameters else "",
                file_size(model.size_bytes),
            )
            self._facts.addWidget(flow(*(chip(fact) for fact in facts if fact), gap=6))

    def _show_deployment(self) -> None:
        agent, model = self._model.agent, self._model
        if agent is None:
            preparing = tr("The starter agents are being prepared…")
            missing = tr("There is no agent yet. Skip the guide and create one.")
            self._state.setText(preparing if model.preparing else missing)
            self._reading.hide()
            return
        self._dot.set_ink("success" if model.deployed else "warning")
        state = deployment_state(agent.deployment.state)
        words = tr("{name}: {state}").format(name=agent.name, state=state)
        self._state.setText(f"{words}. {told(agent.deployment.reason or '')}".strip())
        total, read = len(model.documents), model.read
        reading = tr("{read} of {total} documents that it answers from can be searched.")
        self._reading.setText(reading.format(read=read, total=total))
        self._reading.setVisible(bool(total))

    def _show_questions(self) -> None:
        wanted = questions(self._model.agent)
        if list(self._buttons) != wanted:
            clear(self._questions)
            self._buttons = {text: self._question(text) for text in wanted}
            for button in self._buttons.values():
                self._questions.addWidget(button)
        for button in self._buttons.values():
            button.setEnabled(self._model.can_ask)

    def _question(self, text: str) -> Button:
        return Button(self._look, text, "send", "offer", lambda: self._ask(text))

    def _show_next(self) -> None:
        """Let the one button that leads on say what it does."""
        model, step = self._model, self._model.step
        deploys = step is Step.DEPLOY and not model.deployed
        busy = deploys and (model.deploying or model.agent is None)
        words = tr("Deploying…") if busy and model.deploying else tr("Deploy")
        self.next.change(words if deploys else tr("Next"), "rocket" if deploys else "")
        usable = step < Step.ASK and not busy
        if self.next.hasFocus() and not usable:  # or Qt would give it to the rail
            self.setFocus()
        self.next.setVisible(step < Step.ASK)
        self.next.setEnabled(not busy)
        if self.hasFocus():
            waiting = next(iter(self._buttons.values()), self._back) if model.can_ask else self
            (self.next if usable else waiting).setFocus()

    # ------------------------------------------------------------ wishes

    def _go_on(self) -> None:
        if self._model.step is Step.DEPLOY and not self._model.deployed:
            self._model.deploy()
        else:
            self._model.go(self._model.step + 1)

    def _ask(self, question: str) -> None:
        if self._model.agent is not None:
            self.asked.emit(self._model.agent.id, question)


class StepMark(QWidget):
    """The name of a step, with whether it is over, on show or still to come."""

    def __init__(self, look: Look, step: Step):
        super().__init__()
        self.step = step
        self._icon = Icon(look, "check", "outline")
        self._words = label(_name(step))
        self.setLayout(row(self._icon, self._words, STRETCH, gap=Space.M))

    def show_as(self, *, done: bool, current: bool) -> None:
        ink = "success" if done else "accent_text" if current else "outline"
        self._icon.change("check" if done else "chevron-right" if current else "circle", ink)
        set_property(self._words, "role", "strong" if current else "muted")
        states = ((done, tr("done")), (current, tr("on show")))
        told = next((word for holds, word in states if holds), tr("to come"))
        self._words.setAccessibleName(f"{_name(self.step)}: {told}")


def _name(step: Step) -> str:
    return {
        Step.WELCOME: tr("What Outpost is"),
        Step.MODEL: tr("The model"),
        Step.DEPLOY: tr("Deploy an agent"),
        Step.ASK: tr("Ask a question"),
    }[step]
