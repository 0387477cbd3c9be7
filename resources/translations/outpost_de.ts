<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
<name>AdaptersField</name>
<message>
<source>Strength of {name}</source>
<translation>Stärke von {name}</translation>
</message>
</context>
<context>
<name>AgentFilters</name>
<message>
<source>All states</source>
<translation>Alle Zustände</translation>
</message>
<message>
<source>All tags</source>
<translation>Alle Schlagwörter</translation>
</message>
<message>
<source>All types</source>
<translation>Alle Arten</translation>
</message>
<message>
<source>By name</source>
<translation>Nach Namen</translation>
</message>
<message>
<source>Deployed first</source>
<translation>Bereitgestellte zuerst</translation>
</message>
<message>
<source>Filter by state</source>
<translation>Nach Zustand filtern</translation>
</message>
<message>
<source>Filter by tag</source>
<translation>Nach Schlagwort filtern</translation>
</message>
<message>
<source>Filter by type</source>
<translation>Nach Art filtern</translation>
</message>
<message>
<source>Last used first</source>
<translation>Zuletzt benutzte zuerst</translation>
</message>
<message>
<source>Oldest first</source>
<translation>Älteste zuerst</translation>
</message>
<message>
<source>Search agents</source>
<translation>Agenten suchen</translation>
</message>
<message>
<source>Sort by</source>
<translation>Sortieren nach</translation>
</message>
</context>
<context>
<name>AgentForm</name>
<message>
<source>A cross-encoder reads the best passages again, which takes longer.</source>
<translation>Ein Cross-Encoder liest die besten Textstellen noch einmal, was länger dauert.</translation>
</message>
<message>
<source>A new model or context size takes effect when it is deployed again.</source>
<translation>Ein neues Modell oder eine neue Kontextgröße gilt, sobald der Agent wieder bereitgestellt wird.</translation>
</message>
<message>
<source>Answer only when a passage was found</source>
<translation>Nur antworten, wenn eine Textstelle gefunden wurde</translation>
</message>
<message>
<source>As search finds them</source>
<translation>Wie die Suche sie findet</translation>
</message>
<message>
<source>Cancel</source>
<translation>Abbrechen</translation>
</message>
<message>
<source>Close the form</source>
<translation>Formular schließen</translation>
</message>
<message>
<source>Collections</source>
<translation>Sammlungen</translation>
</message>
<message>
<source>Create agent</source>
<translation>Agent anlegen</translation>
</message>
<message>
<source>Description</source>
<translation>Beschreibung</translation>
</message>
<message>
<source>Documents tagged</source>
<translation>Dokumente mit Schlagwort</translation>
</message>
<message>
<source>Fine-tuned: answers from its model</source>
<translation>Feinabgestimmt: antwortet aus seinem Modell</translation>
</message>
<message>
<source>For example: Release notes writer</source>
<translation>Zum Beispiel: Verfasser für Versionshinweise</translation>
</message>
<message>
<source>For filtering the list.</source>
<translation>Zum Filtern der Liste.</translation>
</message>
<message>
<source>Given to the model before every conversation.</source>
<translation>Wird dem Modell vor jeder Unterhaltung gegeben.</translation>
</message>
<message>
<source>Instructions</source>
<translation>Anweisungen</translation>
</message>
<message>
<source>Keep deployed</source>
<translation>Bereitgestellt halten</translation>
</message>
<message>
<source>Knowledge</source>
<translation>Wissen</translation>
</message>
<message>
<source>Look only in documents that have one of these tags.</source>
<translation>Nur in Dokumenten suchen, die eines dieser Schlagwörter haben.</translation>
</message>
<message>
<source>Model</source>
<translation>Modell</translation>
</message>
<message>
<source>Name</source>
<translation>Name</translation>
</message>
<message>
<source>Neither idleness nor another agent's deployment stops it.</source>
<translation>Weder Untätigkeit noch das Bereitstellen eines anderen Agenten hält ihn an.</translation>
</message>
<message>
<source>New agent</source>
<translation>Neuer Agent</translation>
</message>
<message>
<source>One line for the list</source>
<translation>Eine Zeile für die Liste</translation>
</message>
<message>
<source>Order of passages</source>
<translation>Reihenfolge der Textstellen</translation>
</message>
<message>
<source>RAG: answers from your documents</source>
<translation>RAG: antwortet aus Ihren Dokumenten</translation>
</message>
<message>
<source>Save</source>
<translation>Speichern</translation>
</message>
<message>
<source>Separated by commas</source>
<translation>Durch Kommas getrennt</translation>
</message>
<message>
<source>Separated by commas; none means all</source>
<translation>Durch Kommas getrennt; keines bedeutet alle</translation>
</message>
<message>
<source>Tags</source>
<translation>Schlagwörter</translation>
</message>
<message>
<source>Type</source>
<translation>Art</translation>
</message>
<message>
<source>Version {version}; saving makes a new one.</source>
<translation>Version {version}; beim Speichern entsteht eine neue.</translation>
</message>
<message>
<source>You are a careful assistant. Answer briefly.</source>
<translation>Sie sind ein sorgfältiger Assistent. Antworten Sie kurz.</translation>
</message>
<message>
<source>{model} (missing)</source>
<translation>{model} (fehlt)</translation>
</message>
</context>
<context>
<name>AgentRow</name>
<message>
<source>Chat</source>
<translation>Chat</translation>
</message>
<message>
<source>Compare…</source>
<translation>Vergleichen…</translation>
</message>
<message>
<source>Delete…</source>
<translation>Löschen…</translation>
</message>
<message>
<source>Deploy</source>
<translation>Bereitstellen</translation>
</message>
<message>
<source>Duplicate</source>
<translation>Duplizieren</translation>
</message>
<message>
<source>Edit…</source>
<translation>Bearbeiten…</translation>
</message>
<message>
<source>Export…</source>
<translation>Exportieren…</translation>
</message>
<message>
<source>More actions</source>
<translation>Weitere Aktionen</translation>
</message>
<message>
<source>Stop</source>
<translation>Anhalten</translation>
</message>
<message>
<source>Versions…</source>
<translation>Versionen…</translation>
</message>
<message>
<source>never used</source>
<translation>nie benutzt</translation>
</message>
<message>
<source>used {when}</source>
<translation>benutzt {when}</translation>
</message>
<message>
<source>{model} is missing</source>
<translation>{model} fehlt</translation>
</message>
</context>
<context>
<name>AgentTransfer</name>
<message>
<source>Agents</source>
<translation>Agenten</translation>
</message>
<message>
<source>Export {name}</source>
<translation>{name} exportieren</translation>
</message>
<message>
<source>Import an agent</source>
<translation>Agent importieren</translation>
</message>
<message>
<source>Saved as {path}</source>
<translation>Gespeichert als {path}</translation>
</message>
<message>
<source>{name} was imported.</source>
<translation>{name} wurde importiert.</translation>
</message>
</context>
<context>
<name>AgentsPage</name>
<message>
<source>Agents</source>
<translation>Agenten</translation>
</message>
<message>
<source>An agent is a model with instructions of its own. Deploy it to talk to it.</source>
<translation>Ein Agent ist ein Modell mit eigenen Anweisungen. Stellen Sie ihn bereit, um mit ihm zu sprechen.</translation>
</message>
<message>
<source>Compare two agents</source>
<translation>Zwei Agenten vergleichen</translation>
</message>
<message>
<source>Create one: choose a model, write what it should do, and deploy it.</source>
<translation>Legen Sie einen an: Wählen Sie ein Modell, schreiben Sie, was er tun soll, und stellen Sie ihn bereit.</translation>
</message>
<message>
<source>Delete agent</source>
<translation>Agent löschen</translation>
</message>
<message>
<source>Delete {name}?</source>
<translation>{name} löschen?</translation>
</message>
<message>
<source>Import an agent</source>
<translation>Agent importieren</translation>
</message>
<message>
<source>It is deployed and will be stopped. </source>
<translation>Er ist bereitgestellt und wird angehalten. </translation>
</message>
<message>
<source>Its conversations stay readable, but cannot be continued.</source>
<translation>Seine Unterhaltungen bleiben lesbar, können aber nicht fortgesetzt werden.</translation>
</message>
<message>
<source>New agent</source>
<translation>Neuer Agent</translation>
</message>
<message>
<source>No agent fits</source>
<translation>Kein Agent passt</translation>
</message>
<message>
<source>No agents yet</source>
<translation>Noch keine Agenten</translation>
</message>
<message>
<source>None of your agents has all that you filter by.</source>
<translation>Keiner Ihrer Agenten hat alles, wonach Sie filtern.</translation>
</message>
<message>
<source>Preparing the starter agents…</source>
<translation>Die Startagenten werden vorbereitet…</translation>
</message>
<message>
<source>Show all</source>
<translation>Alle anzeigen</translation>
</message>
<message>
<source>This happens once, at the first start.</source>
<translation>Das geschieht einmal, beim ersten Start.</translation>
</message>
<message>
<source>{agents} · {deployed} of {places} places for deployed agents taken</source>
<translation>{agents} · {deployed} von {places} Plätzen für bereitgestellte Agenten belegt</translation>
</message>
<message>
<source>{shown} of {agents} shown</source>
<translation>{shown} von {agents} gezeigt</translation>
</message>
</context>
<context>
<name>Banner</name>
<message>
<source>Dismiss</source>
<translation>Schließen</translation>
</message>
</context>
<context>
<name>ChatHead</name>
<message>
<source>Agent for this chat</source>
<translation>Agent für diesen Chat</translation>
</message>
<message>
<source>Copy all</source>
<translation>Alles kopieren</translation>
</message>
<message>
<source>Delete</source>
<translation>Löschen</translation>
</message>
<message>
<source>Export…</source>
<translation>Exportieren…</translation>
</message>
<message>
<source>Rename…</source>
<translation>Umbenennen…</translation>
</message>
<message>
<source>Tags…</source>
<translation>Schlagwörter…</translation>
</message>
<message>
<source>Talk to</source>
<translation>Sprechen mit</translation>
</message>
<message>
<source>What to do with this conversation</source>
<translation>Was mit dieser Unterhaltung geschehen soll</translation>
</message>
</context>
<context>
<name>ChatPage</name>
<message>
<source>Copied.</source>
<translation>Kopiert.</translation>
</message>
<message>
<source>Create an agent first: choose a model and say what it should do.</source>
<translation>Legen Sie zuerst einen Agenten an: Wählen Sie ein Modell und sagen Sie, was er tun soll.</translation>
</message>
<message>
<source>Go to agents</source>
<translation>Zu den Agenten</translation>
</message>
<message>
<source>How to</source>
<translation>Anleitung</translation>
</message>
<message>
<source>How to bring a better model</source>
<translation>So bringen Sie ein besseres Modell</translation>
</message>
<message>
<source>New chat with {name}</source>
<translation>Neuer Chat mit {name}</translation>
</message>
<message>
<source>No agent to talk to yet</source>
<translation>Noch kein Agent zum Sprechen</translation>
</message>
<message>
<source>Outpost opens no links by itself. The address is on the clipboard.</source>
<translation>Outpost öffnet von sich aus keine Links. Die Adresse liegt in der Zwischenablage.</translation>
</message>
<message>
<source>Saved as {path}</source>
<translation>Gespeichert als {path}</translation>
</message>
<message>
<source>The message was deleted.</source>
<translation>Die Nachricht wurde gelöscht.</translation>
</message>
<message>
<source>The whole conversation is on the clipboard.</source>
<translation>Die ganze Unterhaltung ist in der Zwischenablage.</translation>
</message>
<message>
<source>This agent runs on the starter model. It is very small: it makes things up and loses the thread. Bring a better model for real work.</source>
<translation>Dieser Agent läuft mit dem Startmodell. Es ist sehr klein: Es erfindet Dinge und verliert den Faden. Bringen Sie für ernsthafte Arbeit ein besseres Modell.</translation>
</message>
<message>
<source>This link leads to {address}</source>
<translation>Dieser Link führt zu {address}</translation>
</message>
<message>
<source>Type a question below.</source>
<translation>Schreiben Sie unten eine Frage.</translation>
</message>
<message>
<source>Undo</source>
<translation>Rückgängig</translation>
</message>
<message>
<source>{files} being read into {name}.</source>
<translation>{files} in {name} gelesen.</translation>
</message>
<message>
<source>“{title}” is in the trash.</source>
<translation>„{title}“ ist im Papierkorb.</translation>
</message>
</context>
<context>
<name>CollectionsField</name>
<message>
<source>There are no collections yet; make one on the Collections page.</source>
<translation>Es gibt noch keine Sammlungen; legen Sie auf der Seite „Sammlungen“ eine an.</translation>
</message>
</context>
<context>
<name>CollectionsPage</name>
<message>
<source>A collection is a set of documents that RAG agents answer from. Make one, then add files to it.</source>
<translation>Eine Sammlung ist eine Menge von Dokumenten, aus denen RAG-Agenten antworten. Legen Sie eine an und fügen Sie Dateien hinzu.</translation>
</message>
<message>
<source>Add a folder with everything in it</source>
<translation>Einen Ordner mit allem Inhalt hinzufügen</translation>
</message>
<message>
<source>Add files</source>
<translation>Dateien hinzufügen</translation>
</message>
<message>
<source>Add files…</source>
<translation>Dateien…</translation>
</message>
<message>
<source>Add folder…</source>
<translation>Ordner…</translation>
</message>
<message>
<source>Agents that answer from it lose it. Your files are not touched, only what Outpost has read from them.</source>
<translation>Agenten, die daraus antworten, verlieren sie. Ihre Dateien bleiben unberührt; nur was Outpost daraus gelesen hat, wird gelöscht.</translation>
</message>
<message>
<source>Back to the documents</source>
<translation>Zu den Dokumenten</translation>
</message>
<message>
<source>Collections</source>
<translation>Sammlungen</translation>
</message>
<message>
<source>Create</source>
<translation>Anlegen</translation>
</message>
<message>
<source>Delete collection</source>
<translation>Sammlung löschen</translation>
</message>
<message>
<source>Delete collection…</source>
<translation>Sammlung löschen…</translation>
</message>
<message>
<source>Delete {name}?</source>
<translation>{name} löschen?</translation>
</message>
<message>
<source>Documents that you remove come here.</source>
<translation>Hierher kommen Dokumente, die Sie entfernen.</translation>
</message>
<message>
<source>Drop files or folders here</source>
<translation>Dateien oder Ordner hier ablegen</translation>
</message>
<message>
<source>Drop to add to this collection</source>
<translation>Ablegen, um sie dieser Sammlung hinzuzufügen</translation>
</message>
<message>
<source>Empty the trash?</source>
<translation>Den Papierkorb leeren?</translation>
</message>
<message>
<source>Empty trash</source>
<translation>Papierkorb leeren</translation>
</message>
<message>
<source>Empty trash…</source>
<translation>Papierkorb leeren…</translation>
</message>
<message>
<source>For example: Maintenance manuals</source>
<translation>Zum Beispiel: Wartungshandbücher</translation>
</message>
<message>
<source>More for this collection</source>
<translation>Mehr zu dieser Sammlung</translation>
</message>
<message>
<source>Name it after what the documents are about.</source>
<translation>Benennen Sie sie nach dem, wovon die Dokumente handeln.</translation>
</message>
<message>
<source>New collection</source>
<translation>Neue Sammlung</translation>
</message>
<message>
<source>New vectors…</source>
<translation>Neue Vektoren…</translation>
</message>
<message>
<source>No collections yet</source>
<translation>Noch keine Sammlungen</translation>
</message>
<message>
<source>PDF, office documents, e-books, mail, web pages and text are read. The files stay where they are; nothing leaves this machine.</source>
<translation>PDF, Office-Dokumente, E-Books, Mail, Webseiten und Text werden gelesen. Die Dateien bleiben, wo sie sind; nichts verlässt diesen Rechner.</translation>
</message>
<message>
<source>The trash is empty</source>
<translation>Der Papierkorb ist leer</translation>
</message>
<message>
<source>Trash</source>
<translation>Papierkorb</translation>
</message>
<message>
<source>Trash of {name}</source>
<translation>Papierkorb von {name}</translation>
</message>
<message>
<source>Try the {count} that failed again</source>
<translation>Die {count} fehlgeschlagenen erneut versuchen</translation>
</message>
<message>
<source>Watch folder…</source>
<translation>Ordner überwachen…</translation>
</message>
<message>
<source>Watched folders…</source>
<translation>Überwachte Ordner…</translation>
</message>
<message>
<source>What Outpost has read of {documents} goes for good. The files are not touched.</source>
<translation>Was Outpost daraus gelesen hat ({documents}), wird endgültig gelöscht. Die Dateien bleiben unberührt.</translation>
</message>
<message>
<source>{count} failed</source>
<translation>{count} fehlgeschlagen</translation>
</message>
</context>
<context>
<name>ComparePage</name>
<message>
<source>Ask both</source>
<translation>Beide fragen</translation>
</message>
<message>
<source>Ask both the same…</source>
<translation>Beiden dieselbe Frage stellen…</translation>
</message>
<message>
<source>Back to the agents</source>
<translation>Zurück zu den Agenten</translation>
</message>
<message>
<source>Compare two agents</source>
<translation>Zwei Agenten vergleichen</translation>
</message>
<message>
<source>One question, two answers. Nothing of it is kept.</source>
<translation>Eine Frage, zwei Antworten. Nichts davon wird behalten.</translation>
</message>
<message>
<source>Question to both agents</source>
<translation>Frage an beide Agenten</translation>
</message>
<message>
<source>Stop</source>
<translation>Anhalten</translation>
</message>
</context>
<context>
<name>Composer</name>
<message>
<source>Ask something…</source>
<translation>Fragen Sie etwas…</translation>
</message>
<message>
<source>Deploy</source>
<translation>Bereitstellen</translation>
</message>
<message>
<source>Deploying failed.</source>
<translation>Das Bereitstellen ist fehlgeschlagen.</translation>
</message>
<message>
<source>Esc stops the reply</source>
<translation>Esc hält die Antwort an</translation>
</message>
<message>
<source>Send</source>
<translation>Senden</translation>
</message>
<message>
<source>Shift+Enter for a new line</source>
<translation>Umschalt+Eingabe: neue Zeile</translation>
</message>
<message>
<source>Starter model: often wrong. Bring a better one</source>
<translation>Startmodell: oft falsch. Besseres holen</translation>
</message>
<message>
<source>Stop the reply</source>
<translation>Antwort anhalten</translation>
</message>
<message>
<source>This agent was deleted; the conversation can only be read.</source>
<translation>Dieser Agent wurde gelöscht; die Unterhaltung kann nur noch gelesen werden.</translation>
</message>
<message>
<source>Your question</source>
<translation>Ihre Frage</translation>
</message>
<message>
<source>{name} is being deployed…</source>
<translation>{name} wird bereitgestellt…</translation>
</message>
<message>
<source>{name} is being stopped…</source>
<translation>{name} wird angehalten…</translation>
</message>
<message>
<source>{name} is stopped. Deploy it to ask.</source>
<translation>{name} ist angehalten. Stellen Sie ihn bereit, um zu fragen.</translation>
</message>
</context>
<context>
<name>ConversationList</name>
<message>
<source>All conversations</source>
<translation>Alle Unterhaltungen</translation>
</message>
<message>
<source>Conversations</source>
<translation>Unterhaltungen</translation>
</message>
<message>
<source>Copy all</source>
<translation>Alles kopieren</translation>
</message>
<message>
<source>Delete</source>
<translation>Löschen</translation>
</message>
<message>
<source>Delete for good</source>
<translation>Endgültig löschen</translation>
</message>
<message>
<source>Delete for good…</source>
<translation>Endgültig löschen…</translation>
</message>
<message>
<source>Delete this conversation for good?</source>
<translation>Diese Unterhaltung endgültig löschen?</translation>
</message>
<message>
<source>Empty the trash?</source>
<translation>Den Papierkorb leeren?</translation>
</message>
<message>
<source>Empty trash</source>
<translation>Papierkorb leeren</translation>
</message>
<message>
<source>Empty trash…</source>
<translation>Papierkorb leeren…</translation>
</message>
<message>
<source>Export conversation</source>
<translation>Unterhaltung exportieren</translation>
</message>
<message>
<source>Export…</source>
<translation>Exportieren…</translation>
</message>
<message>
<source>New chat</source>
<translation>Neuer Chat</translation>
</message>
<message>
<source>No conversation fits. Try other words, or list all conversations.</source>
<translation>Keine Unterhaltung passt. Versuchen Sie andere Wörter, oder zeigen Sie alle Unterhaltungen.</translation>
</message>
<message>
<source>Pin to the top</source>
<translation>Oben anheften</translation>
</message>
<message>
<source>Rename</source>
<translation>Umbenennen</translation>
</message>
<message>
<source>Rename conversation</source>
<translation>Unterhaltung umbenennen</translation>
</message>
<message>
<source>Rename…</source>
<translation>Umbenennen…</translation>
</message>
<message>
<source>Restore</source>
<translation>Wiederherstellen</translation>
</message>
<message>
<source>Search conversations</source>
<translation>Unterhaltungen durchsuchen</translation>
</message>
<message>
<source>Tags of this conversation</source>
<translation>Schlagwörter dieser Unterhaltung</translation>
</message>
<message>
<source>Tags…</source>
<translation>Schlagwörter…</translation>
</message>
<message>
<source>The trash is empty.</source>
<translation>Der Papierkorb ist leer.</translation>
</message>
<message>
<source>Trash</source>
<translation>Papierkorb</translation>
</message>
<message>
<source>Unpin</source>
<translation>Nicht mehr anheften</translation>
</message>
<message>
<source>Which conversations are listed</source>
<translation>Welche Unterhaltungen gezeigt werden</translation>
</message>
<message>
<source>Your conversations will be listed here.</source>
<translation>Hier werden Ihre Unterhaltungen stehen.</translation>
</message>
<message>
<source>{conversations} and all their messages go for good.</source>
<translation>{conversations} und alle ihre Nachrichten werden endgültig gelöscht.</translation>
</message>
<message>
<source>“{title}” and all its messages go.</source>
<translation>„{title}“ und alle ihre Nachrichten werden gelöscht.</translation>
</message>
</context>
<context>
<name>DocumentDetail</name>
<message>
<source>Agents no longer find it. It can be restored from the collection's trash; the file itself is not touched.</source>
<translation>Agenten finden es nicht mehr. Es kann aus dem Papierkorb der Sammlung wiederhergestellt werden; die Datei selbst bleibt unberührt.</translation>
</message>
<message>
<source>Remove document</source>
<translation>Dokument entfernen</translation>
</message>
<message>
<source>Remove {name}?</source>
<translation>{name} entfernen?</translation>
</message>
<message>
<source>Remove…</source>
<translation>Entfernen…</translation>
</message>
<message>
<source>Restore</source>
<translation>Wiederherstellen</translation>
</message>
<message>
<source>Tags of this document</source>
<translation>Schlagwörter dieses Dokuments</translation>
</message>
<message>
<source>Tags…</source>
<translation>Schlagwörter…</translation>
</message>
<message>
<source>Try again</source>
<translation>Erneut versuchen</translation>
</message>
</context>
<context>
<name>DocumentTable</name>
<message>
<source>Documents</source>
<translation>Dokumente</translation>
</message>
</context>
<context>
<name>EditField</name>
<message>
<source>Ask again</source>
<translation>Erneut fragen</translation>
</message>
<message>
<source>Cancel</source>
<translation>Abbrechen</translation>
</message>
<message>
<source>Change your question</source>
<translation>Frage ändern</translation>
</message>
<message>
<source>The earlier version stays; ‹ › switches between them.</source>
<translation>Die frühere Fassung bleibt; ‹ › wechselt zwischen ihnen.</translation>
</message>
</context>
<context>
<name>Footer</name>
<message>
<source>API at {address}  ·</source>
<translation>API unter {address}  ·</translation>
</message>
<message>
<source>Offline: nothing leaves this machine</source>
<translation>Offline: Nichts verlässt diesen Rechner</translation>
</message>
<message>
<source>Ready</source>
<translation>Bereit</translation>
</message>
<message>
<source>Starting…</source>
<translation>Wird gestartet…</translation>
</message>
</context>
<context>
<name>HistoryPanel</name>
<message>
<source>After: {value}</source>
<translation>Nachher: {value}</translation>
</message>
<message>
<source>Before: {value}</source>
<translation>Vorher: {value}</translation>
</message>
<message>
<source>Close the versions</source>
<translation>Versionen schließen</translation>
</message>
<message>
<source>Go back to this version</source>
<translation>Zu dieser Version zurückkehren</translation>
</message>
<message>
<source>Go back to version {n}</source>
<translation>Zu Version {n} zurückkehren</translation>
</message>
<message>
<source>Nothing was changed.</source>
<translation>Nichts wurde geändert.</translation>
</message>
<message>
<source>The first version.</source>
<translation>Die erste Version.</translation>
</message>
<message>
<source>Version {number}</source>
<translation>Version {number}</translation>
</message>
<message>
<source>Versions of {name}</source>
<translation>Versionen von {name}</translation>
</message>
<message>
<source>newest</source>
<translation>neueste</translation>
</message>
<message>
<source>nothing</source>
<translation>nichts</translation>
</message>
</context>
<context>
<name>JobCard</name>
<message>
<source>Cancel</source>
<translation>Abbrechen</translation>
</message>
<message>
<source>Documents read</source>
<translation>Gelesene Dokumente</translation>
</message>
<message>
<source>Pause</source>
<translation>Pause</translation>
</message>
<message>
<source>Resume</source>
<translation>Fortsetzen</translation>
</message>
</context>
<context>
<name>MachineCard</name>
<message>
<source>No graphics card for models</source>
<translation>Keine Grafikkarte für Modelle</translation>
</message>
<message>
<source>This machine</source>
<translation>Dieser Rechner</translation>
</message>
<message>
<source>{free} of {total} memory free</source>
<translation>{free} von {total} Speicher frei</translation>
</message>
<message>
<source>{name}: {free} free</source>
<translation>{name}: {free} frei</translation>
</message>
</context>
<context>
<name>MainWindow</name>
<message>
<source>Agents</source>
<translation>Agenten</translation>
</message>
<message>
<source>Chat</source>
<translation>Chat</translation>
</message>
<message>
<source>Collections</source>
<translation>Sammlungen</translation>
</message>
<message>
<source>Models</source>
<translation>Modelle</translation>
</message>
<message>
<source>Opening your data…</source>
<translation>Ihre Daten werden geöffnet…</translation>
</message>
<message>
<source>Outpost is closing…</source>
<translation>Outpost wird geschlossen…</translation>
</message>
<message>
<source>Settings</source>
<translation>Einstellungen</translation>
</message>
</context>
<context>
<name>ModelCard</name>
<message>
<source>Adapter</source>
<translation>Adapter</translation>
</message>
<message>
<source>Cannot be used</source>
<translation>Nicht verwendbar</translation>
</message>
<message>
<source>Delete {name}</source>
<translation>{name} löschen</translation>
</message>
<message>
<source>Details</source>
<translation>Einzelheiten</translation>
</message>
<message>
<source>Details of {name}</source>
<translation>Einzelheiten zu {name}</translation>
</message>
<message>
<source>Starter: very small</source>
<translation>Startmodell: sehr klein</translation>
</message>
<message>
<source>{count} parameters</source>
<translation>{count} Parameter</translation>
</message>
<message>
<source>{count} tokens of context</source>
<translation>{count} Token Kontext</translation>
</message>
</context>
<context>
<name>ModelsPage</name>
<message>
<source>Adapters</source>
<translation>Adapter</translation>
</message>
<message>
<source>Cancel</source>
<translation>Abbrechen</translation>
</message>
<message>
<source>Copied</source>
<translation>Kopiert</translation>
</message>
<message>
<source>Copying {name}: {share}</source>
<translation>{name} wird kopiert: {share}</translation>
</message>
<message>
<source>Delete model</source>
<translation>Modell löschen</translation>
</message>
<message>
<source>Delete {name}?</source>
<translation>{name} löschen?</translation>
</message>
<message>
<source>GGUF models</source>
<translation>GGUF-Modelle</translation>
</message>
<message>
<source>Import a GGUF file, or copy one into the folder above and look again.</source>
<translation>Importieren Sie eine GGUF-Datei, oder kopieren Sie eine in den Ordner oben und sehen Sie erneut nach.</translation>
</message>
<message>
<source>Import a model</source>
<translation>Modell importieren</translation>
</message>
<message>
<source>Import…</source>
<translation>Importieren…</translation>
</message>
<message>
<source>It came with Outpost so that everything works at once, but it is very small: expect wrong and confused answers. For real work, get an instruction-tuned model as a GGUF file on any machine (with 3 to 8 billion parameters, quantised to about 4 bits, it takes 2 to 5 GB), copy it here and import it. Then edit your agents and choose it.</source>
<translation>Es kam mit Outpost, damit alles sofort geht, aber es ist sehr klein: Rechnen Sie mit falschen und wirren Antworten. Für ernsthafte Arbeit holen Sie sich auf irgendeinem Rechner ein auf Anweisungen trainiertes Modell als GGUF-Datei (mit 3 bis 8 Milliarden Parametern, auf etwa 4 Bit quantisiert, hat es 2 bis 5 GB), kopieren es hierher und importieren es. Dann bearbeiten Sie Ihre Agenten und wählen es aus.</translation>
</message>
<message>
<source>LoRA weights that change how a model writes. Choose them in an agent's form, under More parameters, each with its strength.</source>
<translation>LoRA-Gewichte, die ändern, wie ein Modell schreibt. Wählen Sie sie im Formular eines Agenten unter „Mehr Parameter“, jeden mit seiner Stärke.</translation>
</message>
<message>
<source>Look again</source>
<translation>Erneut nachsehen</translation>
</message>
<message>
<source>Models</source>
<translation>Modelle</translation>
</message>
<message>
<source>Models are looked for in {folder}</source>
<translation>Modelle werden gesucht in {folder}</translation>
</message>
<message>
<source>No models yet</source>
<translation>Noch keine Modelle</translation>
</message>
<message>
<source>Only the starter model is here</source>
<translation>Nur das Startmodell ist da</translation>
</message>
<message>
<source>Open folder</source>
<translation>Ordner öffnen</translation>
</message>
<message>
<source>Stop {agents} first.</source>
<translation>Halten Sie zuerst {agents} an.</translation>
</message>
<message>
<source>The file of {size} is deleted from the models folder.</source>
<translation>Die Datei mit {size} wird aus dem Modellordner gelöscht.</translation>
</message>
<message>
<source>The files that agents run on. Outpost reads GGUF models for llama.cpp.</source>
<translation>Die Dateien, mit denen Agenten laufen. Outpost liest GGUF-Modelle für llama.cpp.</translation>
</message>
<message>
<source>These agents apply it and will have to go without: {names}.</source>
<translation>Diese Agenten wenden ihn an und müssen dann ohne ihn auskommen: {names}.</translation>
</message>
<message>
<source>These agents run on it and will need another model: {names}.</source>
<translation>Diese Agenten laufen damit und werden ein anderes Modell brauchen: {names}.</translation>
</message>
<message>
<source>{model} is in use</source>
<translation>{model} wird benutzt</translation>
</message>
</context>
<context>
<name>Outpost</name>
<message>
<source>  (in use)</source>
<translation>  (in Gebrauch)</translation>
</message>
<message>
<source> days</source>
<translation> Tage</translation>
</message>
<message>
<source> min</source>
<translation> min</translation>
</message>
<message>
<source> s</source>
<translation> s</translation>
</message>
<message>
<source>'{name}' cannot be read: {why}.</source>
<translation>„{name}“ ist nicht lesbar: {why}.</translation>
</message>
<message>
<source>'{name}' cannot be restored: '{other}' has taken its place.</source>
<translation>„{name}“ lässt sich nicht wiederherstellen: „{other}“ ist an seine Stelle getreten.</translation>
</message>
<message>
<source>'{name}' cannot be used as a model: {why}.</source>
<translation>„{name}“ ist als Modell nicht verwendbar: {why}.</translation>
</message>
<message>
<source>'{name}' cannot be used: {why}.</source>
<translation>„{name}“ ist nicht verwendbar: {why}.</translation>
</message>
<message>
<source>'{name}' could not be copied: {why}.</source>
<translation>„{name}“ ließ sich nicht kopieren: {why}.</translation>
</message>
<message>
<source>'{name}' could not be deleted: {why}.</source>
<translation>„{name}“ ließ sich nicht löschen: {why}.</translation>
</message>
<message>
<source>'{name}' is an adapter, not a model.</source>
<translation>„{name}“ ist ein Adapter, kein Modell.</translation>
</message>
<message>
<source>'{name}' is damaged: {why}.</source>
<translation>„{name}“ ist beschädigt: {why}.</translation>
</message>
<message>
<source>'{name}' is not a LoRA adapter.</source>
<translation>„{name}“ ist kein LoRA-Adapter.</translation>
</message>
<message>
<source>'{name}' is not the file that was used before: its SHA-256 has changed.</source>
<translation>„{name}“ ist nicht mehr die Datei von früher: ihr SHA-256 hat sich geändert.</translation>
</message>
<message>
<source>'{name}' is not what was written: its SHA-256 differs.</source>
<translation>„{name}“ ist nicht, was geschrieben wurde: der SHA-256 weicht ab.</translation>
</message>
<message>
<source>'{name}' is one part of a model that was split into several files.</source>
<translation>„{name}“ ist ein Teil eines Modells, das auf mehrere Dateien verteilt wurde.</translation>
</message>
<message>
<source>'{name}' was trained for a context of {most} tokens; {count} is too much.</source>
<translation>„{name}“ wurde für einen Kontext von {most} Token trainiert; {count} sind zu viel.</translation>
</message>
<message>
<source>'{name}' was written by a newer Outpost (schema {version}).</source>
<translation>„{name}“ stammt von einem neueren Outpost (Schema {version}).</translation>
</message>
<message>
<source>A RAG agent needs at least one collection.</source>
<translation>Ein RAG-Agent braucht mindestens eine Sammlung.</translation>
</message>
<message>
<source>A collection needs a name.</source>
<translation>Eine Sammlung braucht einen Namen.</translation>
</message>
<message>
<source>A collection's name may have {most} characters; this one has {count}.</source>
<translation>Der Name einer Sammlung darf {most} Zeichen haben; dieser hat {count}.</translation>
</message>
<message>
<source>A fine-tuned agent has no collections.</source>
<translation>Ein feinabgestimmter Agent hat keine Sammlungen.</translation>
</message>
<message>
<source>A model is here already</source>
<translation>Es ist bereits ein Modell vorhanden</translation>
</message>
<message>
<source>A name has 1 to {most} printable characters.</source>
<translation>Ein Name hat 1 bis {most} druckbare Zeichen.</translation>
</message>
<message>
<source>A new line in the question</source>
<translation>Eine neue Zeile in der Frage</translation>
</message>
<message>
<source>A passphrase has at least {count} characters.</source>
<translation>Eine Passphrase hat mindestens {count} Zeichen.</translation>
</message>
<message>
<source>A passphrase is set</source>
<translation>Eine Passphrase ist gesetzt</translation>
</message>
<message>
<source>A password has at least {count} characters.</source>
<translation>Ein Passwort hat mindestens {count} Zeichen.</translation>
</message>
<message>
<source>A password has {least} to {most} characters.</source>
<translation>Ein Passwort hat {least} bis {most} Zeichen.</translation>
</message>
<message>
<source>A program needs a token to use the API.</source>
<translation>Ein Programm braucht ein Token, um die API zu benutzen.</translation>
</message>
<message>
<source>A reply is still being written in this conversation.</source>
<translation>In dieser Unterhaltung wird noch eine Antwort geschrieben.</translation>
</message>
<message>
<source>A short guide that ends in a conversation.</source>
<translation>Eine kurze Einführung, die in einer Unterhaltung endet.</translation>
</message>
<message>
<source>A socket reaches beyond this machine.</source>
<translation>Ein Socket reicht über diesen Rechner hinaus.</translation>
</message>
<message>
<source>A tag holds a character that is no text.</source>
<translation>Ein Schlagwort enthält ein Zeichen, das kein Text ist.</translation>
</message>
<message>
<source>A token is valid for 1 to {most} days.</source>
<translation>Ein Token gilt 1 bis {most} Tage.</translation>
</message>
<message>
<source>AI agents on this machine and nowhere else.</source>
<translation>KI-Agenten auf diesem Rechner und nirgendwo sonst.</translation>
</message>
<message>
<source>About</source>
<translation>Über Outpost</translation>
</message>
<message>
<source>Above 1 discourages words that were just used; 1 leaves them alone.</source>
<translation>Über 1 werden Wörter gemieden, die eben erst vorkamen; 1 lässt sie unberührt.</translation>
</message>
<message>
<source>Adapters</source>
<translation>Adapter</translation>
</message>
<message>
<source>Add to collection</source>
<translation>Zur Sammlung hinzufügen</translation>
</message>
<message>
<source>Add user</source>
<translation>Benutzer anlegen</translation>
</message>
<message>
<source>Add user…</source>
<translation>Benutzer anlegen…</translation>
</message>
<message>
<source>Add {things} for {name}?</source>
<translation>{things} für {name} hinzufügen?</translation>
</message>
<message>
<source>Agent</source>
<translation>Agent</translation>
</message>
<message>
<source>Agents</source>
<translation>Agenten</translation>
</message>
<message>
<source>Agents are models with a task</source>
<translation>Agenten sind Modelle mit einer Aufgabe</translation>
</message>
<message>
<source>Agents deployed at once</source>
<translation>Gleichzeitig bereitgestellte Agenten</translation>
</message>
<message>
<source>Agents do not find it. Restore it, or empty the trash.</source>
<translation>Agenten finden es nicht. Stellen Sie es wieder her oder leeren Sie den Papierkorb.</translation>
</message>
<message>
<source>Agents on it: {names}</source>
<translation>Agenten damit: {names}</translation>
</message>
<message>
<source>Agents, Chat, Collections, Models, Settings</source>
<translation>Agenten, Chat, Sammlungen, Modelle, Einstellungen</translation>
</message>
<message>
<source>Agents, conversations, and the text and vectors of documents.</source>
<translation>Agenten, Unterhaltungen sowie Text und Vektoren der Dokumente.</translation>
</message>
<message>
<source>All agents, conversations and collections of {name} are deleted for good, and their tokens end at once. A backup that was made before still has them.</source>
<translation>Alle Agenten, Unterhaltungen und Sammlungen von {name} werden endgültig gelöscht, und die Token gelten sofort nicht mehr. Eine frühere Sicherung enthält sie noch.</translation>
</message>
<message>
<source>All places for deployed agents are taken, by {names}.</source>
<translation>Alle Plätze für bereitgestellte Agenten sind belegt, durch {names}.</translation>
</message>
<message>
<source>An index has to be put right. Nothing is lost: the database has it all.</source>
<translation>Ein Index muss in Ordnung gebracht werden. Nichts ist verloren: Die Datenbank enthält alles.</translation>
</message>
<message>
<source>An index is not open yet; it is opened when it is needed.</source>
<translation>Ein Index ist noch nicht geöffnet; das geschieht, wenn er gebraucht wird.</translation>
</message>
<message>
<source>Another agent has this name already.</source>
<translation>Ein anderer Agent heißt bereits so.</translation>
</message>
<message>
<source>Another embedder reads all passages again. Until it is done, the collection is searched as before.</source>
<translation>Ein anderes Einbettungsmodell liest alle Textstellen neu. Bis es fertig ist, wird die Sammlung wie bisher durchsucht.</translation>
</message>
<message>
<source>Another port is taken at once; 0 takes any that is free.</source>
<translation>Ein anderer Port wird sofort übernommen; 0 nimmt einen freien.</translation>
</message>
<message>
<source>Answer only when a passage was found</source>
<translation>Nur antworten, wenn eine Textstelle gefunden wurde</translation>
</message>
<message>
<source>Answer so far</source>
<translation>Bisherige Antwort</translation>
</message>
<message>
<source>Answering at {url}</source>
<translation>Erreichbar unter {url}</translation>
</message>
<message>
<source>Appearance</source>
<translation>Darstellung</translation>
</message>
<message>
<source>Applied by {agents}.</source>
<translation>Angewandt von {agents}.</translation>
</message>
<message>
<source>Architecture</source>
<translation>Architektur</translation>
</message>
<message>
<source>As many agents are deployed as the limit in Settings allows. Stop one of them, and {name} is deployed in its place.</source>
<translation>Es sind so viele Agenten bereitgestellt, wie die Grenze in den Einstellungen erlaubt. Halten Sie einen davon an, und {name} wird an seiner Stelle bereitgestellt.</translation>
</message>
<message>
<source>Ask a question</source>
<translation>Eine Frage stellen</translation>
</message>
<message>
<source>Ask for another answer.</source>
<translation>Lassen Sie noch einmal antworten.</translation>
</message>
<message>
<source>Ask your first question</source>
<translation>Stellen Sie Ihre erste Frage</translation>
</message>
<message>
<source>Audit log</source>
<translation>Protokoll der Änderungen</translation>
</message>
<message>
<source>Automatic</source>
<translation>Automatisch</translation>
</message>
<message>
<source>Back</source>
<translation>Zurück</translation>
</message>
<message>
<source>Back up now</source>
<translation>Jetzt sichern</translation>
</message>
<message>
<source>Backing up…</source>
<translation>Wird gesichert…</translation>
</message>
<message>
<source>Backups</source>
<translation>Sicherungen</translation>
</message>
<message>
<source>Being checked…</source>
<translation>Wird geprüft…</translation>
</message>
<message>
<source>Being examined…</source>
<translation>Wird untersucht…</translation>
</message>
<message>
<source>Being looked for…</source>
<translation>Wird gesucht…</translation>
</message>
<message>
<source>Being measured…</source>
<translation>Wird gemessen…</translation>
</message>
<message>
<source>Broken at entry {number}: it was altered, or one before it is missing.</source>
<translation>Gebrochen bei Eintrag {number}: Er wurde verändert, oder einer davor fehlt.</translation>
</message>
<message>
<source>Built to overwhelm the program that opens it; it was not read.</source>
<translation>Gemacht, um das Programm zu überlasten, das sie öffnet; sie wurde nicht gelesen.</translation>
</message>
<message>
<source>By</source>
<translation>Durch</translation>
</message>
<message>
<source>By itself</source>
<translation>Von selbst</translation>
</message>
<message>
<source>By one deployed model; each takes memory for its context.</source>
<translation>Von einem bereitgestellten Modell; jede braucht Speicher für ihren Kontext.</translation>
</message>
<message>
<source>Cache</source>
<translation>Zwischenspeicher</translation>
</message>
<message>
<source>Cancel</source>
<translation>Abbrechen</translation>
</message>
<message>
<source>Change the models folder</source>
<translation>Modellordner ändern</translation>
</message>
<message>
<source>Changes apply as you make them.</source>
<translation>Änderungen gelten sofort.</translation>
</message>
<message>
<source>Change…</source>
<translation>Ändern…</translation>
</message>
<message>
<source>Chat</source>
<translation>Chat</translation>
</message>
<message>
<source>Chat template</source>
<translation>Chat-Vorlage</translation>
</message>
<message>
<source>Chat with {name}</source>
<translation>Mit {name} chatten</translation>
</message>
<message>
<source>Check before deploying</source>
<translation>Vor dem Bereitstellen prüfen</translation>
</message>
<message>
<source>Check now</source>
<translation>Jetzt prüfen</translation>
</message>
<message>
<source>Check that the disk has free space and the folder is writable.</source>
<translation>Prüfen Sie, ob der Datenträger freien Platz hat und der Ordner beschreibbar ist.</translation>
</message>
<message>
<source>Checking the database</source>
<translation>Datenbank wird geprüft</translation>
</message>
<message>
<source>Choose a RAG agent, or give this one a collection, to ask about files.</source>
<translation>Wählen Sie einen RAG-Agenten oder geben Sie diesem eine Sammlung, um nach Dateien zu fragen.</translation>
</message>
<message>
<source>Choose a collection, or make the agent a fine-tuned one.</source>
<translation>Wählen Sie eine Sammlung, oder machen Sie ihn zu einem feinabgestimmten Agenten.</translation>
</message>
<message>
<source>Choose a document…</source>
<translation>Dokument wählen…</translation>
</message>
<message>
<source>Choose a model for this agent</source>
<translation>Wählen Sie ein Modell für diesen Agenten</translation>
</message>
<message>
<source>Choose a model.</source>
<translation>Wählen Sie ein Modell.</translation>
</message>
<message>
<source>Choose among the likeliest tokens that together have this probability; 1 is all.</source>
<translation>Unter den wahrscheinlichsten Token wählen, die zusammen diese Wahrscheinlichkeit haben; 1 nimmt alle.</translation>
</message>
<message>
<source>Choose among this many of the likeliest tokens; 0 sets no limit.</source>
<translation>Unter so vielen der wahrscheinlichsten Token wählen; 0 setzt keine Grenze.</translation>
</message>
<message>
<source>Choose an adapter that was trained on this very model.</source>
<translation>Wählen Sie einen Adapter, der auf genau diesem Modell trainiert wurde.</translation>
</message>
<message>
<source>Choose another backup.</source>
<translation>Wählen Sie eine andere Sicherung.</translation>
</message>
<message>
<source>Choose another model, or copy the file again from its source.</source>
<translation>Wählen Sie ein anderes Modell, oder kopieren Sie die Datei erneut aus ihrer Quelle.</translation>
</message>
<message>
<source>Choose another name, or add the files to that collection.</source>
<translation>Wählen Sie einen anderen Namen, oder fügen Sie die Dateien jener Sammlung hinzu.</translation>
</message>
<message>
<source>Choose another port in Settings.</source>
<translation>Wählen Sie in den Einstellungen einen anderen Port.</translation>
</message>
<message>
<source>Choose at least one collection to answer from.</source>
<translation>Wählen Sie mindestens eine Sammlung, aus der geantwortet wird.</translation>
</message>
<message>
<source>Choose collections for this agent</source>
<translation>Wählen Sie Sammlungen für diesen Agenten</translation>
</message>
<message>
<source>Choose one; the answer appears while it is written. Press its source to see it.</source>
<translation>Wählen Sie eine; die Antwort erscheint, während sie geschrieben wird. Drücken Sie auf ihre Quelle, um sie zu sehen.</translation>
</message>
<message>
<source>Close</source>
<translation>Schließen</translation>
</message>
<message>
<source>Close Outpost and start it again. What is there now is set aside, not lost.</source>
<translation>Beenden Sie Outpost und starten Sie es neu. Der jetzige Bestand wird beiseitegelegt und geht nicht verloren.</translation>
</message>
<message>
<source>Collection</source>
<translation>Sammlung</translation>
</message>
<message>
<source>Collections</source>
<translation>Sammlungen</translation>
</message>
<message>
<source>Commands</source>
<translation>Befehle</translation>
</message>
<message>
<source>Compare two agents</source>
<translation>Zwei Agenten vergleichen</translation>
</message>
<message>
<source>Context</source>
<translation>Kontext</translation>
</message>
<message>
<source>Conversation with {name}</source>
<translation>Unterhaltung mit {name}</translation>
</message>
<message>
<source>Copied</source>
<translation>Kopiert</translation>
</message>
<message>
<source>Copied.</source>
<translation>Kopiert.</translation>
</message>
<message>
<source>Copies of documents that programs sent.</source>
<translation>Kopien von Dokumenten, die Programme geschickt haben.</translation>
</message>
<message>
<source>Copies of the database; the models are not in them.</source>
<translation>Kopien der Datenbank; die Modelle sind nicht darin.</translation>
</message>
<message>
<source>Copy</source>
<translation>Kopieren</translation>
</message>
<message>
<source>Copy it back into the models folder, or choose another for the collection.</source>
<translation>Kopieren Sie es zurück in den Modellordner, oder wählen Sie ein anderes für die Sammlung.</translation>
</message>
<message>
<source>Copy it now: it is shown this once. Send it as 'Authorization: Bearer …'.</source>
<translation>Kopieren Sie es jetzt: Es wird nur dieses eine Mal gezeigt. Senden Sie es als „Authorization: Bearer …“.</translation>
</message>
<message>
<source>Copy the address</source>
<translation>Adresse kopieren</translation>
</message>
<message>
<source>Copy the lines on show</source>
<translation>Gezeigte Zeilen kopieren</translation>
</message>
<message>
<source>Copy the report</source>
<translation>Bericht kopieren</translation>
</message>
<message>
<source>Correct the agent, its documents or the questions of its check.</source>
<translation>Korrigieren Sie den Agenten, seine Dokumente oder die Fragen seiner Prüfung.</translation>
</message>
<message>
<source>Correct the value and try again.</source>
<translation>Korrigieren Sie den Wert und versuchen Sie es erneut.</translation>
</message>
<message>
<source>Ctrl and +, - or 0 on the Chat page change it too.</source>
<translation>Strg und +, - oder 0 auf der Seite Chat ändern sie auch.</translation>
</message>
<message>
<source>Damaged</source>
<translation>Beschädigt</translation>
</message>
<message>
<source>Damaged. Save it again in its own program, or get another copy.</source>
<translation>Beschädigt. Speichern Sie sie in ihrem Programm neu, oder besorgen Sie eine andere Kopie.</translation>
</message>
<message>
<source>Dark</source>
<translation>Dunkel</translation>
</message>
<message>
<source>Dark theme</source>
<translation>Dunkles Farbschema</translation>
</message>
<message>
<source>Data</source>
<translation>Daten</translation>
</message>
<message>
<source>Database</source>
<translation>Datenbank</translation>
</message>
<message>
<source>Delete backup</source>
<translation>Sicherung löschen</translation>
</message>
<message>
<source>Delete that document first if you want the older one.</source>
<translation>Löschen Sie zuerst jenes Dokument, wenn Sie das ältere wollen.</translation>
</message>
<message>
<source>Delete the backup of {moment}</source>
<translation>Sicherung vom {moment} löschen</translation>
</message>
<message>
<source>Delete the backup of {moment}?</source>
<translation>Die Sicherung vom {moment} löschen?</translation>
</message>
<message>
<source>Delete what is chosen in a list</source>
<translation>Löschen, was in einer Liste gewählt ist</translation>
</message>
<message>
<source>Deploy</source>
<translation>Bereitstellen</translation>
</message>
<message>
<source>Deploy an agent</source>
<translation>Agent bereitstellen</translation>
</message>
<message>
<source>Deploy the agent again; if it happens again, the log has the details.</source>
<translation>Stellen Sie den Agenten neu bereit; geschieht es wieder, sagt das Protokoll mehr.</translation>
</message>
<message>
<source>Deploy the agent again; if it happens again, the log tells more.</source>
<translation>Stellen Sie den Agenten erneut bereit; geschieht es wieder, sagt das Log mehr.</translation>
</message>
<message>
<source>Deploy the agent first.</source>
<translation>Stellen Sie den Agenten zuerst bereit.</translation>
</message>
<message>
<source>Deploy {name}</source>
<translation>{name} bereitstellen</translation>
</message>
<message>
<source>Deployed</source>
<translation>Bereitgestellt</translation>
</message>
<message>
<source>Deployed agents</source>
<translation>Bereitgestellte Agenten</translation>
</message>
<message>
<source>Deploying loads the agent's model into memory. After that it can answer.</source>
<translation>Beim Bereitstellen wird das Modell des Agenten in den Speicher geladen. Danach kann er antworten.</translation>
</message>
<message>
<source>Deploying needs about {size} GB of memory; {free} GB are free.</source>
<translation>Bereitstellen braucht etwa {size} GB Speicher; {free} GB sind frei.</translation>
</message>
<message>
<source>Deploying takes about {needed} of memory; {free} are free.</source>
<translation>Das Bereitstellen braucht etwa {needed} Speicher; {free} sind frei.</translation>
</message>
<message>
<source>Deploying then stops the agent that has been idle for longest.</source>
<translation>Beim Bereitstellen wird dann der Agent angehalten, der am längsten unbenutzt war.</translation>
</message>
<message>
<source>Deploying…</source>
<translation>Wird bereitgestellt…</translation>
</message>
<message>
<source>Description</source>
<translation>Beschreibung</translation>
</message>
<message>
<source>Disk</source>
<translation>Datenträger</translation>
</message>
<message>
<source>Document</source>
<translation>Dokument</translation>
</message>
<message>
<source>Documents tagged</source>
<translation>Dokumente mit Schlagwort</translation>
</message>
<message>
<source>Done</source>
<translation>Fertig</translation>
</message>
<message>
<source>Each answer names the document and the page, and Outpost checks that.</source>
<translation>Jede Antwort nennt Dokument und Seite, und Outpost prüft das.</translation>
</message>
<message>
<source>Each deployed agent keeps its model in memory.</source>
<translation>Jeder bereitgestellte Agent hält sein Modell im Speicher.</translation>
</message>
<message>
<source>Earlier</source>
<translation>Früheres</translation>
</message>
<message>
<source>Embedder</source>
<translation>Einbettungsmodell</translation>
</message>
<message>
<source>Empty for none.</source>
<translation>Leer lassen für keines.</translation>
</message>
<message>
<source>Entries of the audit log</source>
<translation>Einträge im Protokoll der Änderungen</translation>
</message>
<message>
<source>Every change, with who made it and by which way; it names things by their ids and holds nothing of what is in them. Each entry's hash covers the one before it.</source>
<translation>Jede Änderung, und wer sie auf welchem Weg gemacht hat; Dinge werden mit ihren Kennungen genannt, und nichts von ihrem Inhalt steht darin. Die Prüfsumme jedes Eintrags schließt den vorigen ein.</translation>
</message>
<message>
<source>Every step succeeded.</source>
<translation>Jeder Schritt ist gelungen.</translation>
</message>
<message>
<source>Everything</source>
<translation>Alles</translation>
</message>
<message>
<source>Everything can be used meanwhile; searches may find less than usual.</source>
<translation>Alles ist währenddessen benutzbar; Suchen finden vielleicht weniger als sonst.</translation>
</message>
<message>
<source>Everything is as it was before. Choose another backup.</source>
<translation>Alles ist wie zuvor. Wählen Sie eine andere Sicherung.</translation>
</message>
<message>
<source>Everything is whole, and the indexes agree with the database.</source>
<translation>Alles ist heil, und die Indexe stimmen mit der Datenbank überein.</translation>
</message>
<message>
<source>Everything that Outpost knows lies in these folders.</source>
<translation>Alles, was Outpost weiß, liegt in diesen Ordnern.</translation>
</message>
<message>
<source>Everything that was found</source>
<translation>Alles, was gefunden wurde</translation>
</message>
<message>
<source>Examine</source>
<translation>Untersuchen</translation>
</message>
<message>
<source>Examining…</source>
<translation>Wird untersucht…</translation>
</message>
<message>
<source>Expect wrong and confused answers of it. For real work bring a model with 3 to 8 billion parameters as a GGUF file; you can do that at any time.</source>
<translation>Rechnen Sie mit falschen und wirren Antworten. Für ernsthafte Arbeit bringen Sie ein Modell mit 3 bis 8 Milliarden Parametern als GGUF-Datei; das geht jederzeit.</translation>
</message>
<message>
<source>Export the agent again and bring the new file.</source>
<translation>Exportieren Sie den Agenten neu und nehmen Sie die neue Datei.</translation>
</message>
<message>
<source>Failed</source>
<translation>Fehlgeschlagen</translation>
</message>
<message>
<source>Files that come into a watched folder are read, changed ones are read again, and deleted ones go to the collection's trash.</source>
<translation>Dateien, die in einen überwachten Ordner kommen, werden gelesen, geänderte werden neu gelesen, und gelöschte kommen in den Papierkorb der Sammlung.</translation>
</message>
<message>
<source>Find a command</source>
<translation>Befehl suchen</translation>
</message>
<message>
<source>Find a part or licence</source>
<translation>Bestandteil oder Lizenz suchen</translation>
</message>
<message>
<source>Find and run any command</source>
<translation>Jeden Befehl finden und ausführen</translation>
</message>
<message>
<source>Fine-tuned</source>
<translation>Feinabgestimmt</translation>
</message>
<message>
<source>First steps</source>
<translation>Erste Schritte</translation>
</message>
<message>
<source>Fits none of the models here.</source>
<translation>Passt zu keinem der Modelle hier.</translation>
</message>
<message>
<source>Fits {models}.</source>
<translation>Passt zu {models}.</translation>
</message>
<message>
<source>Folder</source>
<translation>Ordner</translation>
</message>
<message>
<source>Folder with models</source>
<translation>Ordner mit Modellen</translation>
</message>
<message>
<source>Folders</source>
<translation>Ordner</translation>
</message>
<message>
<source>For example: contract, urgent</source>
<translation>Zum Beispiel: Vertrag, eilig</translation>
</message>
<message>
<source>For example: nightly report</source>
<translation>Zum Beispiel: nächtlicher Bericht</translation>
</message>
<message>
<source>For searching; made again from the database where it is lost.</source>
<translation>Zum Suchen; wird aus der Datenbank neu gemacht, wenn er verloren geht.</translation>
</message>
<message>
<source>Forgotten? Type “outpost lock remove” in a terminal of this account.</source>
<translation>Vergessen? In einem Terminal dieses Kontos hilft „outpost lock remove“.</translation>
</message>
<message>
<source>Free software under the licence that comes with it.</source>
<translation>Freie Software unter der beiliegenden Lizenz.</translation>
</message>
<message>
<source>Frees the memory of an agent that nobody has asked for this long.</source>
<translation>Gibt den Speicher eines Agenten frei, den so lange niemand gefragt hat.</translation>
</message>
<message>
<source>From the next start on</source>
<translation>Ab dem nächsten Start</translation>
</message>
<message>
<source>Give the agent a name.</source>
<translation>Geben Sie dem Agenten einen Namen.</translation>
</message>
<message>
<source>Going on with studies</source>
<translation>Studien werden fortgesetzt</translation>
</message>
<message>
<source>Health</source>
<translation>Zustand</translation>
</message>
<message>
<source>Help</source>
<translation>Hilfe</translation>
</message>
<message>
<source>Higher is more varied, lower more predictable; 0 always takes the likeliest word.</source>
<translation>Höher ist abwechslungsreicher, niedriger vorhersehbarer; 0 nimmt immer das wahrscheinlichste Wort.</translation>
</message>
<message>
<source>How do I deploy an agent?</source>
<translation>How do I deploy an agent?</translation>
</message>
<message>
<source>How many a model computes with.</source>
<translation>Mit so vielen rechnet ein Modell.</translation>
</message>
<message>
<source>How much Outpost may take of this machine, and how long.</source>
<translation>Wie viel Outpost von diesem Rechner nehmen darf, und wie lange.</translation>
</message>
<message>
<source>If it was replaced on purpose, accept it with 'outpost models accept'; if not, copy it again from its source.</source>
<translation>Wurde sie absichtlich ersetzt, nehmen Sie sie mit „outpost models accept“ an; wenn nicht, kopieren Sie sie neu von ihrer Quelle.</translation>
</message>
<message>
<source>Import a model…</source>
<translation>Modell importieren…</translation>
</message>
<message>
<source>Import agent</source>
<translation>Agent importieren</translation>
</message>
<message>
<source>Import that model first, or choose another one for this agent.</source>
<translation>Importieren Sie zuerst dieses Modell, oder wählen Sie ein anderes für den Agenten.</translation>
</message>
<message>
<source>In the trash</source>
<translation>Im Papierkorb</translation>
</message>
<message>
<source>In tokens; 100 tokens are about 75 English words.</source>
<translation>In Token; 100 Token sind etwa 75 englische Wörter.</translation>
</message>
<message>
<source>Incomplete</source>
<translation>Unvollständig</translation>
</message>
<message>
<source>Indexing</source>
<translation>Wird indexiert</translation>
</message>
<message>
<source>Indexing {share}</source>
<translation>Wird indexiert, {share}</translation>
</message>
<message>
<source>Install that version or a later one, or choose another backup.</source>
<translation>Installieren Sie diese oder eine spätere Version, oder wählen Sie eine andere Sicherung.</translation>
</message>
<message>
<source>Install that version or a later one, or choose another data folder.</source>
<translation>Installieren Sie diese oder eine spätere Version, oder wählen Sie einen anderen Datenordner.</translation>
</message>
<message>
<source>Instructions</source>
<translation>Anweisungen</translation>
</message>
<message>
<source>It contains no text.</source>
<translation>Sie enthält keinen Text.</translation>
</message>
<message>
<source>It holds</source>
<translation>Sie hält</translation>
</message>
<message>
<source>It is gone for good; your present data stay as they are.</source>
<translation>Sie ist endgültig fort; Ihre jetzigen Daten bleiben, wie sie sind.</translation>
</message>
<message>
<source>It is not there any more, or may not be read.</source>
<translation>Sie ist nicht mehr da, oder darf nicht gelesen werden.</translation>
</message>
<message>
<source>It is not there any more.</source>
<translation>Das ist nicht mehr da.</translation>
</message>
<message>
<source>It may have been deleted meanwhile.</source>
<translation>Vielleicht wurde es inzwischen gelöscht.</translation>
</message>
<message>
<source>It runs AI agents on this computer. This guide takes two minutes.</source>
<translation>Es führt KI-Agenten auf diesem Rechner aus. Diese Einführung dauert zwei Minuten.</translation>
</message>
<message>
<source>It tells which agents run, stops them and opens the window.</source>
<translation>Es zeigt, welche Agenten laufen, hält sie an und öffnet das Fenster.</translation>
</message>
<message>
<source>It was checked and is whole. The next start of Outpost brings back what it holds; what is there then is set aside in the backup folder.</source>
<translation>Sie wurde geprüft und ist heil. Der nächste Start von Outpost bringt zurück, was sie enthält; was dann da ist, wird in den Sicherungsordner beiseitegelegt.</translation>
</message>
<message>
<source>It was used: at least one of its passages was shown to the model.</source>
<translation>Es wurde benutzt: Mindestens eine seiner Textstellen wurde dem Modell gezeigt.</translation>
</message>
<message>
<source>Its drive or folder is not there. What was read of it is still found; it is looked for again when the drive is back.</source>
<translation>Das Laufwerk oder der Ordner ist nicht da. Was daraus gelesen wurde, wird weiterhin gefunden; sobald das Laufwerk wieder da ist, wird danach gesucht.</translation>
</message>
<message>
<source>Its model or context was changed; deploy it again.</source>
<translation>Modell oder Kontext wurde geändert; stellen Sie ihn neu bereit.</translation>
</message>
<message>
<source>Keep deleted documents for</source>
<translation>Gelöschte Dokumente behalten für</translation>
</message>
<message>
<source>Keep deployed</source>
<translation>Bereitgestellt halten</translation>
</message>
<message>
<source>Keep tags</source>
<translation>Schlagwörter behalten</translation>
</message>
<message>
<source>Keep the present data</source>
<translation>Die jetzigen Daten behalten</translation>
</message>
<message>
<source>Kept</source>
<translation>Behalten</translation>
</message>
<message>
<source>Kept. It applies when Outpost is started again.</source>
<translation>Gespeichert. Es gilt, sobald Outpost neu gestartet wird.</translation>
</message>
<message>
<source>Keyboard shortcuts</source>
<translation>Tastenkürzel</translation>
</message>
<message>
<source>Keyword index</source>
<translation>Stichwortindex</translation>
</message>
<message>
<source>Language</source>
<translation>Sprache</translation>
</message>
<message>
<source>Layers</source>
<translation>Schichten</translation>
</message>
<message>
<source>Leave as it is</source>
<translation>So lassen</translation>
</message>
<message>
<source>Leave it; it takes no memory while no agent on it is deployed.</source>
<translation>Lassen Sie es; ohne bereitgestellten Agenten braucht es keinen Speicher.</translation>
</message>
<message>
<source>Leave out tokens less likely than this share of the likeliest one.</source>
<translation>Token weglassen, die weniger wahrscheinlich sind als dieser Anteil des wahrscheinlichsten.</translation>
</message>
<message>
<source>Licences</source>
<translation>Lizenzen</translation>
</message>
<message>
<source>Light</source>
<translation>Hell</translation>
</message>
<message>
<source>Light theme</source>
<translation>Helles Farbschema</translation>
</message>
<message>
<source>Like the system</source>
<translation>Wie das System</translation>
</message>
<message>
<source>Limits</source>
<translation>Grenzen</translation>
</message>
<message>
<source>Linked by Outpost</source>
<translation>Von Outpost zugeordnet</translation>
</message>
<message>
<source>Local API</source>
<translation>Lokale API</translation>
</message>
<message>
<source>Lock now</source>
<translation>Jetzt sperren</translation>
</message>
<message>
<source>Lock the window</source>
<translation>Fenster sperren</translation>
</message>
<message>
<source>Lock the window after</source>
<translation>Fenster sperren nach</translation>
</message>
<message>
<source>Log</source>
<translation>Log</translation>
</message>
<message>
<source>Longest answer</source>
<translation>Längste Antwort</translation>
</message>
<message>
<source>Look</source>
<translation>Aussehen</translation>
</message>
<message>
<source>Look through watched folders every</source>
<translation>Überwachte Ordner durchsehen alle</translation>
</message>
<message>
<source>Looking after backups</source>
<translation>Sicherungen werden betreut</translation>
</message>
<message>
<source>Looking at the models</source>
<translation>Modelle werden angesehen</translation>
</message>
<message>
<source>Looking for embedders…</source>
<translation>Einbettungsmodelle werden gesucht…</translation>
</message>
<message>
<source>Make it first, or choose other collections for this agent.</source>
<translation>Legen Sie sie zuerst an, oder wählen Sie andere Sammlungen für den Agenten.</translation>
</message>
<message>
<source>Make new vectors</source>
<translation>Neue Vektoren machen</translation>
</message>
<message>
<source>Make room on the disk, then try again.</source>
<translation>Schaffen Sie Platz auf dem Datenträger und versuchen Sie es dann erneut.</translation>
</message>
<message>
<source>Make room when all places are taken</source>
<translation>Platz schaffen, wenn alle Plätze belegt sind</translation>
</message>
<message>
<source>Make the agent a RAG agent, or leave the collections out.</source>
<translation>Machen Sie ihn zu einem RAG-Agenten, oder lassen Sie die Sammlungen weg.</translation>
</message>
<message>
<source>Make token</source>
<translation>Token erstellen</translation>
</message>
<message>
<source>Makes deploying quicker; it can be deleted while Outpost is closed.</source>
<translation>Beschleunigt das Bereitstellen; kann gelöscht werden, während Outpost geschlossen ist.</translation>
</message>
<message>
<source>May do</source>
<translation>Darf</translation>
</message>
<message>
<source>Measure again</source>
<translation>Erneut messen</translation>
</message>
<message>
<source>Merge the parts with 'llama-gguf-split --merge' and use the merged file.</source>
<translation>Fügen Sie die Teile mit „llama-gguf-split --merge“ zusammen und nehmen Sie die ganze Datei.</translation>
</message>
<message>
<source>Min-p</source>
<translation>Min-p</translation>
</message>
<message>
<source>Model</source>
<translation>Modell</translation>
</message>
<message>
<source>Models</source>
<translation>Modelle</translation>
</message>
<message>
<source>Most changes are noticed at once; this finds the others.</source>
<translation>Die meisten Änderungen werden sofort bemerkt; so finden sich die übrigen.</translation>
</message>
<message>
<source>Move in a list, and between pages in the rail</source>
<translation>In einer Liste und zwischen den Seiten der Leiste bewegen</translation>
</message>
<message>
<source>Name</source>
<translation>Name</translation>
</message>
<message>
<source>Name in the header</source>
<translation>Name im Dateikopf</translation>
</message>
<message>
<source>Name it after the program it is for.</source>
<translation>Benennen Sie es nach dem Programm, für das es ist.</translation>
</message>
<message>
<source>New agent</source>
<translation>Neuer Agent</translation>
</message>
<message>
<source>New chat</source>
<translation>Neuer Chat</translation>
</message>
<message>
<source>New chat, on the Chat page</source>
<translation>Neuer Chat, auf der Seite „Chat“</translation>
</message>
<message>
<source>New collection</source>
<translation>Neue Sammlung</translation>
</message>
<message>
<source>New passphrase</source>
<translation>Neue Passphrase</translation>
</message>
<message>
<source>New passphrase again</source>
<translation>Neue Passphrase noch einmal</translation>
</message>
<message>
<source>New token</source>
<translation>Neues Token</translation>
</message>
<message>
<source>New token…</source>
<translation>Neues Token…</translation>
</message>
<message>
<source>New user</source>
<translation>Neuer Benutzer</translation>
</message>
<message>
<source>New vectors are being made for this collection already.</source>
<translation>Für diese Sammlung entstehen schon neue Vektoren.</translation>
</message>
<message>
<source>New vectors for this collection</source>
<translation>Neue Vektoren für diese Sammlung</translation>
</message>
<message>
<source>New vectors: {done} of {total} documents</source>
<translation>Neue Vektoren: {done} von {total} Dokumenten</translation>
</message>
<message>
<source>Next</source>
<translation>Weiter</translation>
</message>
<message>
<source>No account, no cloud, no telemetry. Every connection outwards is refused.</source>
<translation>Kein Konto, keine Cloud, keine Telemetrie. Jede Verbindung nach außen wird verweigert.</translation>
</message>
<message>
<source>No agent applies it.</source>
<translation>Kein Agent wendet ihn an.</translation>
</message>
<message>
<source>No agent is deployed</source>
<translation>Kein Agent ist bereitgestellt</translation>
</message>
<message>
<source>No end</source>
<translation>Unbegrenzt</translation>
</message>
<message>
<source>No folder is watched yet.</source>
<translation>Noch kein Ordner wird überwacht.</translation>
</message>
<message>
<source>No passage of its documents speaks about this, so the agent did not answer.</source>
<translation>Keine Textstelle seiner Dokumente handelt davon, daher hat der Agent nicht geantwortet.</translation>
</message>
<message>
<source>No passphrase is set</source>
<translation>Keine Passphrase gesetzt</translation>
</message>
<message>
<source>No place is free for {name}</source>
<translation>Kein Platz ist frei für {name}</translation>
</message>
<message>
<source>No tokens yet.</source>
<translation>Noch keine Token.</translation>
</message>
<message>
<source>No valid token was given.</source>
<translation>Es wurde kein gültiges Token angegeben.</translation>
</message>
<message>
<source>Not all of it could be read.</source>
<translation>Nicht alles konnte gelesen werden.</translation>
</message>
<message>
<source>Not open</source>
<translation>Nicht geöffnet</translation>
</message>
<message>
<source>Not readable</source>
<translation>Nicht lesbar</translation>
</message>
<message>
<source>Not supported</source>
<translation>Nicht belegt</translation>
</message>
<message>
<source>Nothing has tried to connect beyond this machine.</source>
<translation>Nichts hat versucht, sich über diesen Rechner hinaus zu verbinden.</translation>
</message>
<message>
<source>Nothing is called so.</source>
<translation>Nichts heißt so.</translation>
</message>
<message>
<source>Nothing leaves this machine</source>
<translation>Nichts verlässt diesen Rechner</translation>
</message>
<message>
<source>Nothing more can be stored. Reading, deleting and exporting still work; make room, and Outpost goes on by itself.</source>
<translation>Es kann nichts mehr gespeichert werden. Lesen, Löschen und Exportieren gehen weiterhin; schaffen Sie Platz, und Outpost fährt von selbst fort.</translation>
</message>
<message>
<source>Nothing was noted yet.</source>
<translation>Noch wurde nichts vermerkt.</translation>
</message>
<message>
<source>Notify when a long job ends</source>
<translation>Am Ende langer Aufgaben benachrichtigen</translation>
</message>
<message>
<source>Of a kind that Outpost cannot read. Save it as PDF, for instance.</source>
<translation>Von einer Art, die Outpost nicht lesen kann. Speichern Sie sie zum Beispiel als PDF.</translation>
</message>
<message>
<source>Offline</source>
<translation>Offline</translation>
</message>
<message>
<source>Offline report</source>
<translation>Offline-Bericht</translation>
</message>
<message>
<source>Offline: it is not there</source>
<translation>Offline: Er ist nicht da</translation>
</message>
<message>
<source>Older entries</source>
<translation>Ältere Einträge</translation>
</message>
<message>
<source>On</source>
<translation>Woran</translation>
</message>
<message>
<source>Only while you look at another window: documents that were read, studies.</source>
<translation>Nur während Sie ein anderes Fenster ansehen: gelesene Dokumente, Studien.</translation>
</message>
<message>
<source>Open</source>
<translation>Öffnen</translation>
</message>
<message>
<source>Open Outpost</source>
<translation>Outpost öffnen</translation>
</message>
<message>
<source>Open folder: {name}</source>
<translation>Ordner öffnen: {name}</translation>
</message>
<message>
<source>Open sockets</source>
<translation>Offene Sockets</translation>
</message>
<message>
<source>Opening the collections</source>
<translation>Sammlungen werden geöffnet</translation>
</message>
<message>
<source>Order of passages</source>
<translation>Reihenfolge der Textstellen</translation>
</message>
<message>
<source>Others may use this installation over the API. Each has agents, conversations and collections of their own, which nobody else sees, the owner included.</source>
<translation>Andere dürfen diese Installation über die API benutzen. Alle haben eigene Agenten, Unterhaltungen und Sammlungen, die niemand sonst sieht, auch der Eigentümer nicht.</translation>
</message>
<message>
<source>Others who come to this desk see nothing of Outpost until you open it again.</source>
<translation>Wer sonst an diesen Platz kommt, sieht von Outpost nichts, bis Sie es wieder öffnen.</translation>
</message>
<message>
<source>Outpost brings a very small one, so that everything can be tried at once.</source>
<translation>Outpost bringt ein sehr kleines mit, damit alles sofort ausprobiert werden kann.</translation>
</message>
<message>
<source>Outpost closed while this reply was being written.</source>
<translation>Outpost wurde geschlossen, während diese Antwort geschrieben wurde.</translation>
</message>
<message>
<source>Outpost is locked</source>
<translation>Outpost ist gesperrt</translation>
</message>
<message>
<source>Outpost is made of {parts}</source>
<translation>{parts} in Outpost</translation>
</message>
<message>
<source>Outpost is running already on this data folder.</source>
<translation>Outpost läuft bereits auf diesem Datenordner.</translation>
</message>
<message>
<source>Outpost makes no connection beyond this machine: no updates, no telemetry, no downloads. A guard refuses every attempt and remembers it until Outpost is closed.</source>
<translation>Outpost baut keine Verbindung über diesen Rechner hinaus auf: keine Aktualisierungen, keine Telemetrie, keine Downloads. Ein Wächter verweigert jeden Versuch und merkt ihn sich, bis Outpost geschlossen wird.</translation>
</message>
<message>
<source>Outpost makes one each day and keeps seven days and four weeks of them. A backup holds agents, conversations and the text of documents; it holds no models.</source>
<translation>Outpost macht jeden Tag eine und behält sieben Tage und vier Wochen davon. Eine Sicherung enthält Agenten, Unterhaltungen und den Text der Dokumente, aber keine Modelle.</translation>
</message>
<message>
<source>Outpost starts locked. Ctrl+L locks the window.</source>
<translation>Outpost startet gesperrt. Strg+L sperrt das Fenster.</translation>
</message>
<message>
<source>Outpost {version}</source>
<translation>Outpost {version}</translation>
</message>
<message>
<source>Outside the window</source>
<translation>Außerhalb des Fensters</translation>
</message>
<message>
<source>Owner</source>
<translation>Eigentümer</translation>
</message>
<message>
<source>Page</source>
<translation>Seite</translation>
</message>
<message>
<source>Pages</source>
<translation>Seiten</translation>
</message>
<message>
<source>Parameters</source>
<translation>Parameter</translation>
</message>
<message>
<source>Partly read</source>
<translation>Teilweise gelesen</translation>
</message>
<message>
<source>Parts</source>
<translation>Bestandteile</translation>
</message>
<message>
<source>Passage</source>
<translation>Textstelle</translation>
</message>
<message>
<source>Passages</source>
<translation>Textstellen</translation>
</message>
<message>
<source>Passphrase</source>
<translation>Passphrase</translation>
</message>
<message>
<source>Password</source>
<translation>Passwort</translation>
</message>
<message>
<source>Password again</source>
<translation>Passwort wiederholen</translation>
</message>
<message>
<source>Password of {name}</source>
<translation>Passwort von {name}</translation>
</message>
<message>
<source>Password…</source>
<translation>Passwort…</translation>
</message>
<message>
<source>Port</source>
<translation>Port</translation>
</message>
<message>
<source>Port {number} may not be used by this user.</source>
<translation>Port {number} darf dieser Benutzer nicht verwenden.</translation>
</message>
<message>
<source>Port {port} on this machine is already taken by another program.</source>
<translation>Port {port} auf diesem Rechner ist bereits durch ein anderes Programm belegt.</translation>
</message>
<message>
<source>Preparing the starter agents</source>
<translation>Startagenten werden vorbereitet</translation>
</message>
<message>
<source>Processor threads</source>
<translation>Prozessor-Threads</translation>
</message>
<message>
<source>Programs on this machine use your agents through it; no other machine can.</source>
<translation>Programme auf diesem Rechner benutzen darüber Ihre Agenten; kein anderer Rechner kann es.</translation>
</message>
<message>
<source>Programs that use this token are refused at once.</source>
<translation>Programme mit diesem Token werden sofort abgewiesen.</translation>
</message>
<message>
<source>Protected by a password. Add a copy without it.</source>
<translation>Durch ein Passwort geschützt. Fügen Sie eine Kopie ohne Passwort hinzu.</translation>
</message>
<message>
<source>Quantisation</source>
<translation>Quantisierung</translation>
</message>
<message>
<source>Question</source>
<translation>Frage</translation>
</message>
<message>
<source>Quit</source>
<translation>Beenden</translation>
</message>
<message>
<source>RAG</source>
<translation>RAG</translation>
</message>
<message>
<source>Read and chat</source>
<translation>Lesen und chatten</translation>
</message>
<message>
<source>Read only</source>
<translation>Nur lesen</translation>
</message>
<message>
<source>Read the log again</source>
<translation>Log neu lesen</translation>
</message>
<message>
<source>Reading</source>
<translation>Wird gelesen</translation>
</message>
<message>
<source>Reading it took too long. Split it into smaller files.</source>
<translation>Das Lesen dauerte zu lange. Teilen Sie sie in kleinere Dateien.</translation>
</message>
<message>
<source>Reading: {done} of {total} documents</source>
<translation>Lesen: {done} von {total} Dokumenten</translation>
</message>
<message>
<source>Ready</source>
<translation>Bereit</translation>
</message>
<message>
<source>Refused</source>
<translation>Verweigert</translation>
</message>
<message>
<source>Remove passphrase</source>
<translation>Passphrase entfernen</translation>
</message>
<message>
<source>Remove user</source>
<translation>Benutzer entfernen</translation>
</message>
<message>
<source>Remove {name}</source>
<translation>{name} entfernen</translation>
</message>
<message>
<source>Remove {name}?</source>
<translation>{name} entfernen?</translation>
</message>
<message>
<source>Remove…</source>
<translation>Entfernen…</translation>
</message>
<message>
<source>Rename a conversation; edit an agent</source>
<translation>Eine Unterhaltung umbenennen; einen Agenten bearbeiten</translation>
</message>
<message>
<source>Rename the file, or delete the other one from the models folder first.</source>
<translation>Benennen Sie die Datei um, oder löschen Sie zuerst die andere aus dem Modellordner.</translation>
</message>
<message>
<source>Repair</source>
<translation>Reparieren</translation>
</message>
<message>
<source>Repeat penalty</source>
<translation>Wiederholungsstrafe</translation>
</message>
<message>
<source>Replies written at once</source>
<translation>Gleichzeitig geschriebene Antworten</translation>
</message>
<message>
<source>Replies, documents and the API go on.</source>
<translation>Antworten, Dokumente und die API laufen weiter.</translation>
</message>
<message>
<source>Restore at the next start</source>
<translation>Beim nächsten Start wiederherstellen</translation>
</message>
<message>
<source>Restore the backup of {moment}</source>
<translation>Sicherung vom {moment} wiederherstellen</translation>
</message>
<message>
<source>Restore the backup of {moment}?</source>
<translation>Die Sicherung vom {moment} wiederherstellen?</translation>
</message>
<message>
<source>Restore…</source>
<translation>Wiederherstellen…</translation>
</message>
<message>
<source>Restoring the backup</source>
<translation>Sicherung wird wiederhergestellt</translation>
</message>
<message>
<source>Revoke</source>
<translation>Widerrufen</translation>
</message>
<message>
<source>Revoke token</source>
<translation>Token widerrufen</translation>
</message>
<message>
<source>Revoke {name}</source>
<translation>{name} widerrufen</translation>
</message>
<message>
<source>Revoke {name}?</source>
<translation>{name} widerrufen?</translation>
</message>
<message>
<source>Room taken</source>
<translation>Belegter Platz</translation>
</message>
<message>
<source>SHA-256</source>
<translation>SHA-256</translation>
</message>
<message>
<source>SQLite has checked the whole file.</source>
<translation>SQLite hat die ganze Datei geprüft.</translation>
</message>
<message>
<source>Search indexes</source>
<translation>Suchindexe</translation>
</message>
<message>
<source>Sections of the settings</source>
<translation>Abschnitte der Einstellungen</translation>
</message>
<message>
<source>Seed</source>
<translation>Startwert</translation>
</message>
<message>
<source>Send the question; in the list of agents, chat with the agent</source>
<translation>Die Frage senden; in der Liste der Agenten mit dem Agenten chatten</translation>
</message>
<message>
<source>Separate tags by commas. A dash alone takes all tags away.</source>
<translation>Trennen Sie Schlagwörter durch Kommas. Ein einzelner Strich entfernt alle.</translation>
</message>
<message>
<source>Set passphrase</source>
<translation>Passphrase setzen</translation>
</message>
<message>
<source>Set passphrase…</source>
<translation>Passphrase setzen…</translation>
</message>
<message>
<source>Set password</source>
<translation>Passwort setzen</translation>
</message>
<message>
<source>Settings</source>
<translation>Einstellungen</translation>
</message>
<message>
<source>Shorten the message or the agent's instructions, or raise its context size.</source>
<translation>Kürzen Sie die Nachricht oder die Anweisungen des Agenten, oder vergrößern Sie seinen Kontext.</translation>
</message>
<message>
<source>Show</source>
<translation>Anzeigen</translation>
</message>
<message>
<source>Show again</source>
<translation>Wieder anzeigen</translation>
</message>
<message>
<source>Show an icon in the system's tray</source>
<translation>Ein Symbol im Infobereich des Systems zeigen</translation>
</message>
<message>
<source>Show storage</source>
<translation>Speicherorte zeigen</translation>
</message>
<message>
<source>Since the start</source>
<translation>Seit dem Start</translation>
</message>
<message>
<source>Since {moment}</source>
<translation>Seit {moment}</translation>
</message>
<message>
<source>Size</source>
<translation>Größe</translation>
</message>
<message>
<source>Skip the guide</source>
<translation>Überspringen</translation>
</message>
<message>
<source>So long they can be restored from a collection's trash.</source>
<translation>So lange können sie aus dem Papierkorb einer Sammlung wiederhergestellt werden.</translation>
</message>
<message>
<source>Something that took long has ended.</source>
<translation>Etwas, das länger dauerte, ist fertig.</translation>
</message>
<message>
<source>Something went wrong inside Outpost ({kind}).</source>
<translation>In Outpost ist etwas schiefgegangen ({kind}).</translation>
</message>
<message>
<source>Start</source>
<translation>Start</translation>
</message>
<message>
<source>Starter embedder</source>
<translation>Mitgeliefertes Einbettungsmodell</translation>
</message>
<message>
<source>Starting…</source>
<translation>Wird gestartet…</translation>
</message>
<message>
<source>State</source>
<translation>Zustand</translation>
</message>
<message>
<source>Stop an unused agent after</source>
<translation>Unbenutzten Agenten anhalten nach</translation>
</message>
<message>
<source>Stop and replace</source>
<translation>Anhalten und ersetzen</translation>
</message>
<message>
<source>Stop another agent, choose a smaller model, or lower the context size.</source>
<translation>Halten Sie einen anderen Agenten an, wählen Sie ein kleineres Modell oder einen kleineren Kontext.</translation>
</message>
<message>
<source>Stop one of them, or raise the limit in Settings.</source>
<translation>Halten Sie einen davon an, oder erhöhen Sie die Grenze in den Einstellungen.</translation>
</message>
<message>
<source>Stop the agent first.</source>
<translation>Halten Sie den Agenten zuerst an.</translation>
</message>
<message>
<source>Stop the reply; close what is open beside the page</source>
<translation>Die Antwort anhalten; schließen, was neben der Seite offen ist</translation>
</message>
<message>
<source>Stop watching</source>
<translation>Nicht mehr überwachen</translation>
</message>
<message>
<source>Stop watching that folder first, or choose one beside it.</source>
<translation>Beenden Sie zuerst dessen Beobachtung, oder wählen Sie einen Ordner daneben.</translation>
</message>
<message>
<source>Stop watching {folder}</source>
<translation>{folder} nicht mehr überwachen</translation>
</message>
<message>
<source>Stop {name}</source>
<translation>{name} anhalten</translation>
</message>
<message>
<source>Stopped</source>
<translation>Angehalten</translation>
</message>
<message>
<source>Stopped after {seconds} seconds without a question.</source>
<translation>Nach {seconds} Sekunden ohne Frage angehalten.</translation>
</message>
<message>
<source>Stopped on request.</source>
<translation>Auf Wunsch angehalten.</translation>
</message>
<message>
<source>Stopped to make room for '{name}'.</source>
<translation>Angehalten, um Platz für „{name}“ zu machen.</translation>
</message>
<message>
<source>Stopping…</source>
<translation>Wird angehalten…</translation>
</message>
<message>
<source>Storage</source>
<translation>Speicherorte</translation>
</message>
<message>
<source>Switch off</source>
<translation>Ausschalten</translation>
</message>
<message>
<source>Switch on</source>
<translation>Einschalten</translation>
</message>
<message>
<source>Switched off for this run.</source>
<translation>Für diesen Lauf ausgeschaltet.</translation>
</message>
<message>
<source>Tags</source>
<translation>Schlagwörter</translation>
</message>
<message>
<source>Temperature</source>
<translation>Temperatur</translation>
</message>
<message>
<source>Text of conversations</source>
<translation>Schriftgröße der Unterhaltungen</translation>
</message>
<message>
<source>Text of conversations larger, smaller, as it was</source>
<translation>Schrift der Unterhaltungen größer, kleiner, wie vorher</translation>
</message>
<message>
<source>Text of the licence</source>
<translation>Text der Lizenz</translation>
</message>
<message>
<source>That is not possible at the moment.</source>
<translation>Das ist im Moment nicht möglich.</translation>
</message>
<message>
<source>The adapter '{name}' does not fit the model '{model}'.</source>
<translation>Der Adapter „{name}“ passt nicht zum Modell „{model}“.</translation>
</message>
<message>
<source>The agent '{name}' has no golden questions.</source>
<translation>Der Agent „{name}“ hat keine Prüffragen.</translation>
</message>
<message>
<source>The agent '{name}' is deployed.</source>
<translation>Der Agent „{name}“ ist bereitgestellt.</translation>
</message>
<message>
<source>The agent '{name}' is just being stopped.</source>
<translation>Der Agent „{name}“ wird gerade angehalten.</translation>
</message>
<message>
<source>The agent '{name}' is not deployed; it is {state}.</source>
<translation>Der Agent „{name}“ ist nicht bereitgestellt ({state}).</translation>
</message>
<message>
<source>The agent has failed its check.</source>
<translation>Der Agent hat seine Prüfung nicht bestanden.</translation>
</message>
<message>
<source>The agent is deployed.</source>
<translation>Der Agent ist bereitgestellt.</translation>
</message>
<message>
<source>The agent is not deployed.</source>
<translation>Der Agent ist nicht bereitgestellt.</translation>
</message>
<message>
<source>The answer names no source; Outpost found the passage that its words come from.</source>
<translation>Die Antwort nennt keine Quelle; Outpost hat die Textstelle gefunden, aus der ihre Wörter stammen.</translation>
</message>
<message>
<source>The answer names this source, and its words are found there.</source>
<translation>Die Antwort nennt diese Quelle, und ihre Wörter finden sich dort.</translation>
</message>
<message>
<source>The answer reached its longest length.</source>
<translation>Die Antwort hat ihre größte Länge erreicht.</translation>
</message>
<message>
<source>The backup '{name}' was not restored: {why}</source>
<translation>Die Sicherung „{name}“ wurde nicht wiederhergestellt: {why}</translation>
</message>
<message>
<source>The collection is searched by them now.</source>
<translation>Die Sammlung wird jetzt mit ihnen durchsucht.</translation>
</message>
<message>
<source>The data folder cannot be read or written.</source>
<translation>Der Datenordner kann nicht gelesen oder beschrieben werden.</translation>
</message>
<message>
<source>The data folder was written by a newer Outpost (schema {version}).</source>
<translation>Der Datenordner stammt von einem neueren Outpost (Schema {version}).</translation>
</message>
<message>
<source>The database is damaged. Restore a backup; nothing else brings it back.</source>
<translation>Die Datenbank ist beschädigt. Stellen Sie eine Sicherung wieder her; nichts anderes bringt sie zurück.</translation>
</message>
<message>
<source>The database is damaged: {why}.</source>
<translation>Die Datenbank ist beschädigt: {why}.</translation>
</message>
<message>
<source>The database is what counts. The indexes are made from it, and can be made again while Outpost is in use.</source>
<translation>Die Datenbank ist, was zählt. Die Indexe sind aus ihr gemacht und können neu gemacht werden, während Outpost benutzt wird.</translation>
</message>
<message>
<source>The description may have up to {most} characters.</source>
<translation>Die Beschreibung darf bis zu {most} Zeichen haben.</translation>
</message>
<message>
<source>The disk is full</source>
<translation>Der Datenträger ist voll</translation>
</message>
<message>
<source>The disk is full.</source>
<translation>Der Datenträger ist voll.</translation>
</message>
<message>
<source>The document could not be read.</source>
<translation>Das Dokument konnte nicht gelesen werden.</translation>
</message>
<message>
<source>The documents have been read</source>
<translation>Die Dokumente sind gelesen</translation>
</message>
<message>
<source>The embedder '{name}' is not on this machine.</source>
<translation>Das Einbettungsmodell „{name}“ ist nicht auf diesem Rechner.</translation>
</message>
<message>
<source>The file cannot be used.</source>
<translation>Die Datei kann nicht verwendet werden.</translation>
</message>
<message>
<source>The files that agents run on.</source>
<translation>Die Dateien, mit denen Agenten laufen.</translation>
</message>
<message>
<source>The folder '{name}' is watched already, and one lies inside the other.</source>
<translation>Der Ordner „{name}“ wird schon beobachtet, und der eine liegt im anderen.</translation>
</message>
<message>
<source>The guard is off: Outpost cannot promise that it stays on this machine.</source>
<translation>Der Wächter ist aus: Outpost kann nicht versprechen, auf diesem Rechner zu bleiben.</translation>
</message>
<message>
<source>The guard is on since {moment} and was tried just now.</source>
<translation>Der Wächter ist seit {moment} an und wurde eben erprobt.</translation>
</message>
<message>
<source>The indexes are being made again; everything can be used meanwhile.</source>
<translation>Die Indexe werden neu gemacht; alles ist währenddessen benutzbar.</translation>
</message>
<message>
<source>The instructions may have up to {most} characters.</source>
<translation>Die Anweisungen dürfen bis zu {most} Zeichen haben.</translation>
</message>
<message>
<source>The log's last lines</source>
<translation>Die letzten Zeilen des Logs</translation>
</message>
<message>
<source>The longest answer has to be shorter than the context.</source>
<translation>Die längste Antwort muss kürzer sein als der Kontext.</translation>
</message>
<message>
<source>The message before or after, on the Chat page</source>
<translation>Zur vorigen oder nächsten Nachricht, auf der Seite Chat</translation>
</message>
<message>
<source>The message has {count} characters; up to {most} are possible.</source>
<translation>Die Nachricht hat {count} Zeichen; möglich sind bis zu {most}.</translation>
</message>
<message>
<source>The message is empty.</source>
<translation>Die Nachricht ist leer.</translation>
</message>
<message>
<source>The message needs {needed} tokens, but only {room} fit into the context.</source>
<translation>Die Nachricht braucht {needed} Token, aber nur {room} passen in den Kontext.</translation>
</message>
<message>
<source>The model</source>
<translation>Das Modell</translation>
</message>
<message>
<source>The model '{name}' (SHA-256 {digits}…) is not on this machine.</source>
<translation>Das Modell „{name}“ (SHA-256 {digits}…) ist nicht auf diesem Rechner.</translation>
</message>
<message>
<source>The model '{name}' cannot be used: {why}</source>
<translation>Das Modell „{name}“ ist nicht verwendbar: {why}</translation>
</message>
<message>
<source>The model '{name}' could not be loaded; llama.cpp refuses it.</source>
<translation>Das Modell „{name}“ ließ sich nicht laden; llama.cpp weist es ab.</translation>
</message>
<message>
<source>The model cannot be used.</source>
<translation>Das Modell kann nicht verwendet werden.</translation>
</message>
<message>
<source>The model could not be started: {why}.</source>
<translation>Das Modell ließ sich nicht starten: {why}.</translation>
</message>
<message>
<source>The model runtime broke: {why}.</source>
<translation>Die Laufzeit des Modells ist ausgefallen: {why}.</translation>
</message>
<message>
<source>The model's runtime has failed.</source>
<translation>Die Laufzeit des Modells ist ausgefallen.</translation>
</message>
<message>
<source>The name must have 1 to {most} characters.</source>
<translation>Der Name muss 1 bis {most} Zeichen haben.</translation>
</message>
<message>
<source>The new vectors are ready</source>
<translation>Die neuen Vektoren sind fertig</translation>
</message>
<message>
<source>The next start restores the backup of {moment}.</source>
<translation>Der nächste Start stellt die Sicherung vom {moment} wieder her.</translation>
</message>
<message>
<source>The package carries no text of its licence.</source>
<translation>Dem Paket liegt kein Text seiner Lizenz bei.</translation>
</message>
<message>
<source>The passphrase is wrong.</source>
<translation>Die Passphrase ist falsch.</translation>
</message>
<message>
<source>The reply failed unexpectedly: {why}.</source>
<translation>Die Antwort ist unerwartet gescheitert: {why}.</translation>
</message>
<message>
<source>The reply failed.</source>
<translation>Die Antwort ist fehlgeschlagen.</translation>
</message>
<message>
<source>The reranker '{name}' is not on this machine.</source>
<translation>Das Modell „{name}“, das Textstellen ordnet, ist nicht auf diesem Rechner.</translation>
</message>
<message>
<source>The search indexes are being put right</source>
<translation>Die Suchindexe werden in Ordnung gebracht</translation>
</message>
<message>
<source>The starter agents are being prepared…</source>
<translation>Die Startagenten werden vorbereitet…</translation>
</message>
<message>
<source>The starter model is a part of Outpost and cannot be deleted.</source>
<translation>Das Startmodell gehört zu Outpost und lässt sich nicht löschen.</translation>
</message>
<message>
<source>The study “{title}” is ready</source>
<translation>Die Studie „{title}“ ist fertig</translation>
</message>
<message>
<source>The title must have 1 to {most} characters.</source>
<translation>Der Titel muss 1 bis {most} Zeichen haben.</translation>
</message>
<message>
<source>The token</source>
<translation>Das Token</translation>
</message>
<message>
<source>The two passphrases are not the same.</source>
<translation>Die beiden Passphrasen sind nicht gleich.</translation>
</message>
<message>
<source>The two passwords are not the same.</source>
<translation>Die beiden Passwörter sind nicht gleich.</translation>
</message>
<message>
<source>The window cannot be locked.</source>
<translation>Das Fenster kann nicht gesperrt werden.</translation>
</message>
<message>
<source>The words of this source do not support what the answer says.</source>
<translation>Die Wörter dieser Quelle belegen nicht, was die Antwort sagt.</translation>
</message>
<message>
<source>Theme</source>
<translation>Farbschema</translation>
</message>
<message>
<source>Theme like the system</source>
<translation>Farbschema wie das System</translation>
</message>
<message>
<source>There is a user of this name already.</source>
<translation>Es gibt bereits einen Benutzer dieses Namens.</translation>
</message>
<message>
<source>There is already a collection named '{name}'.</source>
<translation>Eine Sammlung namens „{name}“ gibt es schon.</translation>
</message>
<message>
<source>There is already a model file '{name}'.</source>
<translation>Eine Modelldatei „{name}“ gibt es schon.</translation>
</message>
<message>
<source>There is already a user '{name}'.</source>
<translation>Einen Benutzer „{name}“ gibt es schon.</translation>
</message>
<message>
<source>There is already an agent named '{name}'.</source>
<translation>Einen Agenten namens „{name}“ gibt es schon.</translation>
</message>
<message>
<source>There is no agent to take these files.</source>
<translation>Es gibt keinen Agenten, der diese Dateien nehmen könnte.</translation>
</message>
<message>
<source>There is no agent yet. Skip the guide and create one.</source>
<translation>Es gibt noch keinen Agenten. Überspringen Sie die Einführung und legen Sie einen an.</translation>
</message>
<message>
<source>There is no collection named {names}.</source>
<translation>Eine Sammlung namens {names} gibt es nicht.</translation>
</message>
<message>
<source>There is no embedder on this machine.</source>
<translation>Auf diesem Rechner gibt es kein Einbettungsmodell.</translation>
</message>
<message>
<source>There is no model of this name.</source>
<translation>Es gibt kein Modell dieses Namens.</translation>
</message>
<message>
<source>There is none yet.</source>
<translation>Noch gibt es keine.</translation>
</message>
<message>
<source>There is not enough free memory for that.</source>
<translation>Dafür ist nicht genug Speicher frei.</translation>
</message>
<message>
<source>There is not enough memory for a context of {count} tokens with '{name}'.</source>
<translation>Für einen Kontext von {count} Token mit „{name}“ reicht der Speicher nicht.</translation>
</message>
<message>
<source>There may be up to {most} tags of up to {length} characters.</source>
<translation>Möglich sind bis zu {most} Schlagwörter mit bis zu {length} Zeichen.</translation>
</message>
<message>
<source>They answer from your documents</source>
<translation>Sie antworten aus Ihren Dokumenten</translation>
</message>
<message>
<source>They are read into the collection, and every agent on it can answer from them.</source>
<translation>Sie werden in die Sammlung gelesen, und jeder Agent mit dieser Sammlung kann daraus antworten.</translation>
</message>
<message>
<source>This agent cannot use tools.</source>
<translation>Dieser Agent kann keine Werkzeuge benutzen.</translation>
</message>
<message>
<source>This agent is of another type.</source>
<translation>Dieser Agent ist von anderer Art.</translation>
</message>
<message>
<source>This is a bug. What you did may not have been done; the log has the details.</source>
<translation>Das ist ein Fehler in Outpost. Vielleicht wurde nicht ausgeführt, was Sie wollten; Einzelheiten stehen im Log.</translation>
</message>
<message>
<source>This is no agent that can be imported: {why}.</source>
<translation>Dieser Agent lässt sich nicht importieren: {why}.</translation>
</message>
<message>
<source>This is the starter model: very small, good for trying things out, often wrong.</source>
<translation>Das ist das Startmodell: sehr klein, gut zum Ausprobieren, oft falsch.</translation>
</message>
<message>
<source>This list</source>
<translation>Diese Liste</translation>
</message>
<message>
<source>This locks the window; it encrypts nothing. Whoever may start programs under your account on this computer can read the data folder, and can remove the lock with “outpost lock remove”, which also helps if you forget the passphrase.</source>
<translation>Das sperrt das Fenster und verschlüsselt nichts. Wer auf diesem Rechner unter Ihrem Konto Programme starten darf, kann den Datenordner lesen und die Sperre mit „outpost lock remove“ entfernen; das hilft auch, wenn Sie die Passphrase vergessen.</translation>
</message>
<message>
<source>This message is complete.</source>
<translation>Diese Nachricht ist vollständig.</translation>
</message>
<message>
<source>This token may not do that.</source>
<translation>Dieses Token darf das nicht.</translation>
</message>
<message>
<source>To the next or previous control</source>
<translation>Zum nächsten oder vorigen Bedienelement</translation>
</message>
<message>
<source>Token for {name}</source>
<translation>Token für {name}</translation>
</message>
<message>
<source>Tokens</source>
<translation>Token</translation>
</message>
<message>
<source>Too big. Split it into smaller files.</source>
<translation>Zu groß. Teilen Sie sie in kleinere Dateien.</translation>
</message>
<message>
<source>Too many wrong passwords were given.</source>
<translation>Es wurden zu viele falsche Passwörter angegeben.</translation>
</message>
<message>
<source>Too many wrong tries. Wait for {seconds}.</source>
<translation>Zu viele falsche Versuche. Bitte {seconds} warten.</translation>
</message>
<message>
<source>Too much is waiting already.</source>
<translation>Es wartet bereits zu viel.</translation>
</message>
<message>
<source>Top-k</source>
<translation>Top-k</translation>
</message>
<message>
<source>Top-p</source>
<translation>Top-p</translation>
</message>
<message>
<source>Trained for</source>
<translation>Trainiert für</translation>
</message>
<message>
<source>Try again; “outpost lock remove” in a terminal takes a forgotten one away.</source>
<translation>Versuchen Sie es noch einmal; „outpost lock remove“ in einem Terminal entfernt eine vergessene.</translation>
</message>
<message>
<source>Trying it on some passages…</source>
<translation>Wird an einigen Textstellen erprobt…</translation>
</message>
<message>
<source>Type</source>
<translation>Art</translation>
</message>
<message>
<source>Unlock</source>
<translation>Entsperren</translation>
</message>
<message>
<source>Uploaded documents</source>
<translation>Hochgeladene Dokumente</translation>
</message>
<message>
<source>Use an agent whose model was trained for them.</source>
<translation>Nehmen Sie einen Agenten, dessen Modell dafür trainiert wurde.</translation>
</message>
<message>
<source>Use at most {count} characters.</source>
<translation>Benutzen Sie höchstens {count} Zeichen.</translation>
</message>
<message>
<source>Use port {port}</source>
<translation>Port {port} nehmen</translation>
</message>
<message>
<source>Use the window that is open already.</source>
<translation>Benutzen Sie das Fenster, das bereits offen ist.</translation>
</message>
<message>
<source>Users</source>
<translation>Benutzer</translation>
</message>
<message>
<source>Valid for</source>
<translation>Gültig für</translation>
</message>
<message>
<source>Vectors</source>
<translation>Vektoren</translation>
</message>
<message>
<source>Verified</source>
<translation>Geprüft</translation>
</message>
<message>
<source>Verify</source>
<translation>Prüfen</translation>
</message>
<message>
<source>Vocabulary</source>
<translation>Vokabular</translation>
</message>
<message>
<source>Wait a moment and try again.</source>
<translation>Warten Sie einen Augenblick und versuchen Sie es erneut.</translation>
</message>
<message>
<source>Wait a while, then try again.</source>
<translation>Warten Sie eine Weile und versuchen Sie es dann erneut.</translation>
</message>
<message>
<source>Wait for it to end, or stop it.</source>
<translation>Warten Sie ihr Ende ab, oder halten Sie sie an.</translation>
</message>
<message>
<source>Wait until that job has ended, or cancel it.</source>
<translation>Warten Sie, bis dieser Auftrag zu Ende ist, oder brechen Sie ihn ab.</translation>
</message>
<message>
<source>Waiting</source>
<translation>Wartet</translation>
</message>
<message>
<source>Warnings and errors only</source>
<translation>Nur Warnungen und Fehler</translation>
</message>
<message>
<source>Watch a folder</source>
<translation>Ordner überwachen</translation>
</message>
<message>
<source>Watch a folder…</source>
<translation>Ordner überwachen…</translation>
</message>
<message>
<source>Watched</source>
<translation>Überwacht</translation>
</message>
<message>
<source>Watched folders</source>
<translation>Überwachte Ordner</translation>
</message>
<message>
<source>Welcome to Outpost</source>
<translation>Willkommen bei Outpost</translation>
</message>
<message>
<source>What</source>
<translation>Was</translation>
</message>
<message>
<source>What Outpost is</source>
<translation>Was Outpost ist</translation>
</message>
<message>
<source>What Outpost is made of, each part with the text of its licence.</source>
<translation>Woraus Outpost besteht, jeder Bestandteil mit dem Text seiner Lizenz.</translation>
</message>
<message>
<source>What Outpost noted about itself. It never holds questions, answers or documents, so it can be given to whoever helps you.</source>
<translation>Was Outpost über sich selbst vermerkt hat. Es enthält nie Fragen, Antworten oder Dokumente und kann daher an alle gegeben werden, die Ihnen helfen.</translation>
</message>
<message>
<source>What Outpost noted about itself; never questions, answers or documents.</source>
<translation>Was Outpost über sich selbst vermerkt hat; nie Fragen, Antworten oder Dokumente.</translation>
</message>
<message>
<source>What can you help me with?</source>
<translation>What can you help me with?</translation>
</message>
<message>
<source>What is a collection?</source>
<translation>What is a collection?</translation>
</message>
<message>
<source>What it does not do</source>
<translation>Was sie nicht leistet</translation>
</message>
<message>
<source>What was entered cannot be used.</source>
<translation>Was eingegeben wurde, kann nicht verwendet werden.</translation>
</message>
<message>
<source>What was replaced is kept in {folders}, and may be deleted: {names}</source>
<translation>Was ersetzt wurde, liegt noch da ({folders}) und darf gelöscht werden: {names}</translation>
</message>
<message>
<source>What would you like to do?</source>
<translation>Was möchten Sie tun?</translation>
</message>
<message>
<source>When</source>
<translation>Wann</translation>
</message>
<message>
<source>When nobody has typed or moved the mouse in Outpost for so long.</source>
<translation>Wenn so lange niemand in Outpost getippt oder die Maus bewegt hat.</translation>
</message>
<message>
<source>When the context is full</source>
<translation>Wenn der Kontext voll ist</translation>
</message>
<message>
<source>Where does Outpost keep its data?</source>
<translation>Where does Outpost keep its data?</translation>
</message>
<message>
<source>Who</source>
<translation>Wer</translation>
</message>
<message>
<source>Whole</source>
<translation>Heil</translation>
</message>
<message>
<source>Whole: {entries}, none was altered or removed. Last hash: {digits}…</source>
<translation>Heil: {entries}, keiner wurde verändert oder entfernt. Letzte Prüfsumme: {digits}…</translation>
</message>
<message>
<source>Why was this document not used?</source>
<translation>Warum wurde dieses Dokument nicht benutzt?</translation>
</message>
<message>
<source>Width</source>
<translation>Breite</translation>
</message>
<message>
<source>Window lock</source>
<translation>Fenstersperre</translation>
</message>
<message>
<source>Without a password they can come in only by a token that you make for them.</source>
<translation>Ohne Passwort kommen sie nur mit einem Token herein, das Sie für sie erstellen.</translation>
</message>
<message>
<source>Without a text layer: its pages are pictures. Run text recognition (OCR) over it.</source>
<translation>Ohne Textebene: Die Seiten sind Bilder. Lassen Sie eine Texterkennung (OCR) darüberlaufen.</translation>
</message>
<message>
<source>Without an embedder, words alone decided.</source>
<translation>Ohne Einbettungsmodell entschieden allein die Wörter.</translation>
</message>
<message>
<source>Write a short poem about the sea.</source>
<translation>Write a short poem about the sea.</translation>
</message>
<message>
<source>You stopped this reply.</source>
<translation>Sie haben diese Antwort angehalten.</translation>
</message>
<message>
<source>You write their instructions, deploy those that you need, and talk to them.</source>
<translation>Sie schreiben die Anweisungen, stellen die Agenten bereit, die Sie brauchen, und sprechen mit ihnen.</translation>
</message>
<message>
<source>about {minutes} min left</source>
<translation>noch etwa {minutes} min</translation>
</message>
<message>
<source>about {seconds} s left</source>
<translation>noch etwa {seconds} s</translation>
</message>
<message>
<source>any free</source>
<translation>ein freier</translation>
</message>
<message>
<source>being computed…</source>
<translation>wird berechnet…</translation>
</message>
<message>
<source>d MMM</source>
<translation>d. MMM</translation>
</message>
<message>
<source>d MMM yyyy</source>
<translation>d. MMM yyyy</translation>
</message>
<message>
<source>does not end</source>
<translation>endet nicht</translation>
</message>
<message>
<source>done</source>
<translation>fertig</translation>
</message>
<message>
<source>en</source>
<translation>de</translation>
</message>
<message>
<source>ends {date}</source>
<translation>endet am {date}</translation>
</message>
<message>
<source>evidence {score}</source>
<translation>Beleg {score}</translation>
</message>
<message>
<source>first word after {wait} s</source>
<translation>erstes Wort nach {wait} s</translation>
</message>
<message>
<source>fits: takes {size} of memory</source>
<translation>passt: braucht {size} Speicher</translation>
</message>
<message>
<source>has no password</source>
<translation>hat kein Passwort</translation>
</message>
<message>
<source>it does not begin like a GGUF file</source>
<translation>der Anfang ist nicht der einer GGUF-Datei</translation>
</message>
<message>
<source>it ends too early</source>
<translation>die Datei endet zu früh</translation>
</message>
<message>
<source>it has no vocabulary</source>
<translation>sie hat kein Vokabular</translation>
</message>
<message>
<source>it holds a '{kind}', not a language model or adapter</source>
<translation>sie enthält „{kind}“, weder Sprachmodell noch Adapter</translation>
</message>
<message>
<source>it holds no weights</source>
<translation>sie enthält keine Gewichte</translation>
</message>
<message>
<source>it is not a language model: it names no layers</source>
<translation>sie ist kein Sprachmodell, denn sie nennt keine Schichten</translation>
</message>
<message>
<source>it reached its longest length</source>
<translation>sie ihre größte Länge erreicht hat</translation>
</message>
<message>
<source>it was complete</source>
<translation>sie vollständig war</translation>
</message>
<message>
<source>it was stopped</source>
<translation>sie angehalten wurde</translation>
</message>
<message>
<source>its end is missing</source>
<translation>das Ende fehlt</translation>
</message>
<message>
<source>its format ({what}) is not supported</source>
<translation>das Format ({what}) wird nicht unterstützt</translation>
</message>
<message>
<source>its time was up</source>
<translation>ihre Zeit um war</translation>
</message>
<message>
<source>keywords</source>
<translation>Stichwörter</translation>
</message>
<message>
<source>logs in with a password</source>
<translation>meldet sich mit einem Passwort an</translation>
</message>
<message>
<source>max_tokens is {count}, but the context holds only {most} tokens.</source>
<translation>Die längste Antwort hat {count} Token, der Kontext fasst aber nur {most}.</translation>
</message>
<message>
<source>meaning</source>
<translation>Bedeutung</translation>
</message>
<message>
<source>needs {size} of memory: too much</source>
<translation>braucht {size} Speicher: zu viel</translation>
</message>
<message>
<source>never</source>
<translation>nie</translation>
</message>
<message>
<source>never used</source>
<translation>nie benutzt</translation>
</message>
<message>
<source>no</source>
<translation>nein</translation>
</message>
<message>
<source>older parts left out</source>
<translation>ältere Teile weggelassen</translation>
</message>
<message>
<source>on show</source>
<translation>angezeigt</translation>
</message>
<message>
<source>one per core</source>
<translation>einer je Kern</translation>
</message>
<message>
<source>others were better</source>
<translation>andere waren besser</translation>
</message>
<message>
<source>page {page}</source>
<translation>Seite {page}</translation>
</message>
<message>
<source>pages {first}–{last}</source>
<translation>Seiten {first}–{last}</translation>
</message>
<message>
<source>paused</source>
<translation>pausiert</translation>
</message>
<message>
<source>reaches beyond</source>
<translation>reicht hinaus</translation>
</message>
<message>
<source>runs this window</source>
<translation>führt dieses Fenster aus</translation>
</message>
<message>
<source>says the same as a better one</source>
<translation>sagt dasselbe wie eine bessere</translation>
</message>
<message>
<source>see its text</source>
<translation>ihren Text ansehen</translation>
</message>
<message>
<source>shown to the model</source>
<translation>dem Modell gezeigt</translation>
</message>
<message>
<source>shown with the passage that it goes on</source>
<translation>mit der Textstelle gezeigt, die sie fortsetzt</translation>
</message>
<message>
<source>since {date}</source>
<translation>seit {date}</translation>
</message>
<message>
<source>something failed</source>
<translation>etwas fehlgeschlagen ist</translation>
</message>
<message>
<source>stop may hold up to {most} texts of 1 to {length} characters.</source>
<translation>Bis zu {most} Texte von 1 bis {length} Zeichen können die Antwort beenden.</translation>
</message>
<message>
<source>the documents hold nothing about it</source>
<translation>die Dokumente nichts dazu enthalten</translation>
</message>
<message>
<source>this machine</source>
<translation>dieser Rechner</translation>
</message>
<message>
<source>to come</source>
<translation>kommt noch</translation>
</message>
<message>
<source>together {score}</source>
<translation>zusammen {score}</translation>
</message>
<message>
<source>too little to do with the question</source>
<translation>hat zu wenig mit der Frage zu tun</translation>
</message>
<message>
<source>until emptied</source>
<translation>bis er geleert wird</translation>
</message>
<message>
<source>used {when}</source>
<translation>benutzt {when}</translation>
</message>
<message>
<source>yes</source>
<translation>ja</translation>
</message>
<message>
<source>{attempts} refused; nothing left this machine.</source>
<translation>{attempts} verweigert; nichts hat diesen Rechner verlassen.</translation>
</message>
<message>
<source>{at}, by {who}</source>
<translation>{at}, von {who}</translation>
</message>
<message>
<source>{chunks} get new vectors in about {time}; they take {room}.</source>
<translation>{chunks} bekommen in etwa {time} neue Vektoren; sie brauchen {room}.</translation>
</message>
<message>
<source>{chunks} get new vectors, which take {room}. How long that takes is not known.</source>
<translation>{chunks} bekommen neue Vektoren, die {room} brauchen. Wie lange das dauert, ist nicht bekannt.</translation>
</message>
<message>
<source>{count} could not be read.</source>
<translation>{count} konnten nicht gelesen werden.</translation>
</message>
<message>
<source>{count} missing</source>
<translation>{count} fehlen</translation>
</message>
<message>
<source>{count} offline</source>
<translation>{count} offline</translation>
</message>
<message>
<source>{count} parameters</source>
<translation>{count} Parameter</translation>
</message>
<message>
<source>{count} passages were found; the best needs {least} to be evidence.</source>
<translation>{count} Textstellen wurden gefunden; die beste braucht {least}, um als Beleg zu gelten.</translation>
</message>
<message>
<source>{count} tokens</source>
<translation>{count} Token</translation>
</message>
<message>
<source>{count} too many</source>
<translation>{count} zu viel</translation>
</message>
<message>
<source>{days} days</source>
<translation>{days} Tage</translation>
</message>
<message>
<source>{done} of {total} documents can be asked about.</source>
<translation>{done} von {total} Dokumenten können befragt werden.</translation>
</message>
<message>
<source>{entries}, none altered.</source>
<translation>{entries}, keiner verändert.</translation>
</message>
<message>
<source>{field} holds a character that is no text.</source>
<translation>{field} enthält ein Zeichen, das kein Text ist.</translation>
</message>
<message>
<source>{field} is '{value}'; it must be a whole number from {least} to {most} ({unit}).</source>
<translation>{field} ist „{value}“; erlaubt ist eine ganze Zahl von {least} bis {most} ({unit}).</translation>
</message>
<message>
<source>{field} is {value}; it must be from {least} to {most}.</source>
<translation>{field} ist {value}; erlaubt ist {least} bis {most}.</translation>
</message>
<message>
<source>{hours} h</source>
<translation>{hours} h</translation>
</message>
<message>
<source>{minutes} min</source>
<translation>{minutes} min</translation>
</message>
<message>
<source>{model} was trained for {count} tokens; beyond that its answers get worse.</source>
<translation>{model} wurde für {count} Token trainiert; darüber werden die Antworten schlechter.</translation>
</message>
<message>
<source>{name} answers from its model alone</source>
<translation>{name} antwortet allein aus seinem Modell</translation>
</message>
<message>
<source>{name}: {state}</source>
<translation>{name}: {state}</translation>
</message>
<message>
<source>{number}%</source>
<translation>{number} %</translation>
</message>
<message numerus="yes">
<source>{n} agents</source>
<translation>
<numerusform>{n} Agent</numerusform>
<numerusform>{n} Agenten</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} agents deployed</source>
<translation>
<numerusform>{n} Agent bereitgestellt</numerusform>
<numerusform>{n} Agenten bereitgestellt</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} attempts were</source>
<translation>
<numerusform>{n} Versuch wurde</numerusform>
<numerusform>{n} Versuche wurden</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} chunks</source>
<translation>
<numerusform>{n} Abschnitt</numerusform>
<numerusform>{n} Abschnitte</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} collections</source>
<translation>
<numerusform>{n} Sammlung</numerusform>
<numerusform>{n} Sammlungen</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} conversations</source>
<translation>
<numerusform>{n} Unterhaltung</numerusform>
<numerusform>{n} Unterhaltungen</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} cores</source>
<translation>
<numerusform>{n} Kern</numerusform>
<numerusform>{n} Kerne</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} could not be read</source>
<translation>
<numerusform>{n} konnte nicht gelesen werden</numerusform>
<numerusform>{n} konnten nicht gelesen werden</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} documents</source>
<translation>
<numerusform>{n} Dokument</numerusform>
<numerusform>{n} Dokumente</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} entries</source>
<translation>
<numerusform>{n} Eintrag</numerusform>
<numerusform>{n} Einträge</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} files and folders</source>
<translation>
<numerusform>{n} Datei oder Ordner</numerusform>
<numerusform>{n} Dateien und Ordner</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} files are</source>
<translation>
<numerusform>{n} Datei wird</numerusform>
<numerusform>{n} Dateien werden</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} folders</source>
<translation>
<numerusform>{n} Ordner</numerusform>
<numerusform>{n} Ordner</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} messages</source>
<translation>
<numerusform>{n} Nachricht</numerusform>
<numerusform>{n} Nachrichten</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} parts</source>
<translation>
<numerusform>{n} Bestandteil</numerusform>
<numerusform>{n} Bestandteile</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} passages</source>
<translation>
<numerusform>{n} Textstelle</numerusform>
<numerusform>{n} Textstellen</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} passages were found…</source>
<translation>
<numerusform>{n} Textstelle wurde gefunden…</numerusform>
<numerusform>{n} Textstellen wurden gefunden…</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} seconds</source>
<translation>
<numerusform>{n} Sekunde</numerusform>
<numerusform>{n} Sekunden</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} still to be read</source>
<translation>
<numerusform>{n} noch zu lesen</numerusform>
<numerusform>{n} noch zu lesen</numerusform>
</translation>
</message>
<message numerus="yes">
<source>{n} watched folders</source>
<translation>
<numerusform>{n} überwachter Ordner</numerusform>
<numerusform>{n} überwachte Ordner</numerusform>
</translation>
</message>
<message>
<source>{read} of {total} documents that it answers from can be searched.</source>
<translation>{read} von {total} Dokumenten, aus denen er antwortet, können durchsucht werden.</translation>
</message>
<message>
<source>{seconds} s</source>
<translation>{seconds} s</translation>
</message>
<message>
<source>{size} free</source>
<translation>{size} frei</translation>
</message>
<message>
<source>{size} of memory</source>
<translation>{size} Speicher</translation>
</message>
<message>
<source>{size} of memory, weights shared</source>
<translation>{size} Speicher, Gewichte geteilt</translation>
</message>
<message>
<source>{speed} tokens/s</source>
<translation>{speed} Token/s</translation>
</message>
<message>
<source>{taken} taken in all, {free} free on the disk</source>
<translation>{taken} insgesamt belegt, {free} auf dem Datenträger frei</translation>
</message>
<message>
<source>{told} Its model is loaded already.</source>
<translation>{told} Sein Modell ist bereits geladen.</translation>
</message>
<message>
<source>{told} That is too little: choose a smaller model or context.</source>
<translation>{told} Das ist zu wenig: Wählen Sie ein kleineres Modell oder einen kleineren Kontext.</translation>
</message>
<message>
<source>{used} of {total} tokens of context used</source>
<translation>{used} von {total} Token Kontext benutzt</translation>
</message>
<message>
<source>{watched}, {away} offline</source>
<translation>{watched}, {away} offline</translation>
</message>
<message>
<source>{wrong} of {total} golden questions failed, the first of them '{question}': {why}</source>
<translation>{wrong} von {total} Prüffragen sind gescheitert, als erste „{question}“: {why}</translation>
</message>
<message>
<source>“Like the system” follows your desktop's own colours.</source>
<translation>„Wie das System“ folgt den Farben Ihres Desktops.</translation>
</message>
<message>
<source>“Like the system” takes your desktop's language where Outpost speaks it. Applies at the next start.</source>
<translation>„Wie das System“ nimmt die Sprache Ihres Desktops, wo Outpost sie spricht. Gilt ab dem nächsten Start.</translation>
</message>
</context>
<context>
<name>QuestionView</name>
<message>
<source>Copy question</source>
<translation>Frage kopieren</translation>
</message>
<message>
<source>Delete question</source>
<translation>Frage löschen</translation>
</message>
<message>
<source>Edit and ask again</source>
<translation>Ändern und erneut fragen</translation>
</message>
<message>
<source>Your question</source>
<translation>Ihre Frage</translation>
</message>
</context>
<context>
<name>Rail</name>
<message>
<source>{name} (Ctrl+{digit})</source>
<translation>{name} (Strg+{digit})</translation>
</message>
</context>
<context>
<name>ReplyView</name>
<message>
<source>Answer again</source>
<translation>Neu antworten</translation>
</message>
<message>
<source>Answer of {name}</source>
<translation>Antwort von {name}</translation>
</message>
<message>
<source>Continue</source>
<translation>Fortsetzen</translation>
</message>
<message>
<source>Copy answer</source>
<translation>Antwort kopieren</translation>
</message>
<message>
<source>Delete answer</source>
<translation>Antwort löschen</translation>
</message>
<message>
<source>Reading {total} tokens… {share}</source>
<translation>{total} Token werden gelesen… {share}</translation>
</message>
<message>
<source>Searching the documents…</source>
<translation>Die Dokumente werden durchsucht…</translation>
</message>
<message>
<source>Sources</source>
<translation>Quellen</translation>
</message>
<message>
<source>Thinking…</source>
<translation>Denkt nach…</translation>
</message>
<message>
<source>Why this answer?</source>
<translation>Warum diese Antwort?</translation>
</message>
</context>
<context>
<name>RichText</name>
<message>
<source>Copy</source>
<translation>Kopieren</translation>
</message>
<message>
<source>Copy code</source>
<translation>Code kopieren</translation>
</message>
<message>
<source>Select all</source>
<translation>Alles auswählen</translation>
</message>
<message>
<source>[{count} more characters: copy the answer to read them]</source>
<translation>[{count} weitere Zeichen: Kopieren Sie die Antwort, um sie zu lesen]</translation>
</message>
</context>
<context>
<name>SamplingFields</name>
<message>
<source>Adapters</source>
<translation>Adapter</translation>
</message>
<message>
<source>Always the same</source>
<translation>Immer derselbe</translation>
</message>
<message>
<source>Context</source>
<translation>Kontext</translation>
</message>
<message>
<source>Fewer parameters</source>
<translation>Weniger Parameter</translation>
</message>
<message>
<source>How many passages are put before the model for each question.</source>
<translation>So viele Textstellen werden dem Modell für jede Frage vorgelegt.</translation>
</message>
<message>
<source>LoRA files that fit the model.</source>
<translation>LoRA-Dateien, die zum Modell passen.</translation>
</message>
<message>
<source>More parameters</source>
<translation>Mehr Parameter</translation>
</message>
<message>
<source>Parameters</source>
<translation>Parameter</translation>
</message>
<message>
<source>Passages</source>
<translation>Textstellen</translation>
</message>
<message>
<source>Seed</source>
<translation>Startwert</translation>
</message>
<message>
<source>The same seed and question give the same answer.</source>
<translation>Derselbe Startwert und dieselbe Frage geben dieselbe Antwort.</translation>
</message>
<message>
<source>Tokens for instructions, conversation, passages and answer together.</source>
<translation>Token für Anweisungen, Unterhaltung, Textstellen und Antwort zusammen.</translation>
</message>
</context>
<context>
<name>SidePanel</name>
<message>
<source>Answer of the {name}</source>
<translation>Antwort: {name}</translation>
</message>
<message>
<source>Deploy</source>
<translation>Bereitstellen</translation>
</message>
<message>
<source>Deploy this agent to ask it.</source>
<translation>Stellen Sie diesen Agenten bereit, um ihn zu fragen.</translation>
</message>
<message>
<source>Deploy: {name}</source>
<translation>Bereitstellen: {name}</translation>
</message>
<message>
<source>First agent</source>
<translation>Erster Agent</translation>
</message>
<message>
<source>Reading the question…</source>
<translation>Die Frage wird gelesen…</translation>
</message>
<message>
<source>Second agent</source>
<translation>Zweiter Agent</translation>
</message>
<message>
<source>The answer will stand here.</source>
<translation>Hier wird die Antwort stehen.</translation>
</message>
<message>
<source>first word after {first} s · whole answer after {whole} s</source>
<translation>erstes Wort nach {first} s · ganze Antwort nach {whole} s</translation>
</message>
</context>
<context>
<name>SourceChip</name>
<message>
<source>Source {words}</source>
<translation>Quelle {words}</translation>
</message>
</context>
<context>
<name>SourcePanel</name>
<message>
<source>Close the source</source>
<translation>Quelle schließen</translation>
</message>
<message>
<source>Next page</source>
<translation>Nächste Seite</translation>
</message>
<message>
<source>Page of the source</source>
<translation>Seite der Quelle</translation>
</message>
<message>
<source>Page {page} of {last}</source>
<translation>Seite {page} von {last}</translation>
</message>
<message>
<source>Part {at} of {total}</source>
<translation>Teil {at} von {total}</translation>
</message>
<message>
<source>Previous page</source>
<translation>Vorige Seite</translation>
</message>
<message>
<source>Show page</source>
<translation>Seite zeigen</translation>
</message>
<message>
<source>Show text</source>
<translation>Text zeigen</translation>
</message>
<message>
<source>Text of the source</source>
<translation>Text der Quelle</translation>
</message>
<message>
<source>This document has been removed since; this is what the answer relied on.</source>
<translation>Dieses Dokument wurde inzwischen entfernt; darauf hat sich die Antwort gestützt.</translation>
</message>
<message>
<source>Whole document</source>
<translation>Ganzes Dokument</translation>
</message>
</context>
<context>
<name>Transcript</name>
<message>
<source>Conversation</source>
<translation>Unterhaltung</translation>
</message>
</context>
<context>
<name>Versions</name>
<message>
<source>Next version</source>
<translation>Nächste Version</translation>
</message>
<message>
<source>Previous version</source>
<translation>Vorige Version</translation>
</message>
<message>
<source>Version {at} of {total}</source>
<translation>Version {at} von {total}</translation>
</message>
</context>
<context>
<name>WhyPanel</name>
<message>
<source>Answer tokens</source>
<translation>Token der Antwort</translation>
</message>
<message>
<source>Close the explanation</source>
<translation>Erklärung schließen</translation>
</message>
<message>
<source>Ended because</source>
<translation>Beendet, weil</translation>
</message>
<message>
<source>First word after</source>
<translation>Erstes Wort nach</translation>
</message>
<message>
<source>How it was made</source>
<translation>Wie sie entstanden ist</translation>
</message>
<message>
<source>Model</source>
<translation>Modell</translation>
</message>
<message>
<source>Passages in the prompt</source>
<translation>Textstellen im Prompt</translation>
</message>
<message>
<source>Prompt tokens</source>
<translation>Token des Prompts</translation>
</message>
<message>
<source>SHA-256 of the model</source>
<translation>SHA-256 des Modells</translation>
</message>
<message>
<source>SHA-256 of the prompt</source>
<translation>SHA-256 des Prompts</translation>
</message>
<message>
<source>Seed</source>
<translation>Startwert</translation>
</message>
<message>
<source>Speed</source>
<translation>Geschwindigkeit</translation>
</message>
<message>
<source>Temperature</source>
<translation>Temperatur</translation>
</message>
<message>
<source>What did not fit and was left out</source>
<translation>Was nicht passte und weggelassen wurde</translation>
</message>
<message>
<source>What the model saw</source>
<translation>Was das Modell gesehen hat</translation>
</message>
<message>
<source>Why this answer?</source>
<translation>Warum diese Antwort?</translation>
</message>
<message>
<source>of them in memory already</source>
<translation>davon bereits im Speicher</translation>
</message>
<message>
<source>{used} of {total} tokens used by the prompt, {free} kept for the answer.</source>
<translation>{used} von {total} Token vom Prompt belegt, {free} für die Antwort freigehalten.</translation>
</message>
</context>
</TS>
