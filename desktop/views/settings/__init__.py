"""The Settings page: a list of sections, and one module for each."""

from desktop.views.settings.page import SectionKey, SettingsModels, SettingsPage

__all__ = ["SectionKey", "SettingsModels", "SettingsPage"]
