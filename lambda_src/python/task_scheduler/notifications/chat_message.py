"""A message as it goes to the services, in the forms that they take."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatMessage:
    """A message about a schedule.

    Attributes:
        title: its title, one line.
        text: its lines, for services that show them as they are.
        markdown: the same lines as Markdown.
        is_failure: whether it reports a failure.
        mention: whom it mentions, as the service writes it; the only text that may ping anybody.
        incident: the key of the incident that incident services open or resolve.
        is_failing: whether that is open.
        link: an address that incident services show.
    """

    title: str
    text: str
    markdown: str
    is_failure: bool = False
    mention: str = ""
    incident: str = ""
    is_failing: bool = False
    link: str | None = None

    @property
    def kind(self) -> str:
        """Return Apprise's kind of notification, which has a colour."""
        return "failure" if self.is_failure else "success"
