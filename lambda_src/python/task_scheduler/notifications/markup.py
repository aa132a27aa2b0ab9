"""The forms of a message: plain text, or Markdown in which the texts of tasks are code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Markup:
    """A form.

    Args:
        is_markdown: whether it is Markdown.
    """

    is_markdown: bool

    def code(self, text: str) -> str:
        """Mark a line of task code's, in which services look for no markup."""
        return f"`{text.replace('`', chr(39)) or ' '}`" if self.is_markdown else text

    def block(self, lines: Sequence[str]) -> str:
        """Keep harmless lines as they are, so that none of them passes for a line of ours."""
        if not self.is_markdown:
            return "\n".join(f"  {line}" for line in lines)
        return "\n".join(["```", *lines, "```"])

    def link(self, name: str, address: str) -> str:
        """Link a name to an address."""
        return f"[{name}](<{address}>)" if self.is_markdown else f"{name}: {address}"


PLAIN = Markup(is_markdown=False)
MARKDOWN = Markup(is_markdown=True)


def log_link(region: str, log_group: str, key: str, since: int) -> str:
    """Return the address of a run's lines in CloudWatch's console.

    The console takes its parameters percent-encoded twice, with $ in place of the second %.

    Args:
        region: the region of the log.
        log_group: the name of run_task's log group.
        key: the key of the run, which is in the id of each of its tasks.
        since: when the run began, seconds since 1970.
    """
    domain = "console.aws.amazon.com"
    if region.startswith("cn-"):
        domain = "console.amazonaws.cn"
    elif region.startswith("us-gov-"):
        domain = "console.amazonaws-us-gov.com"
    pattern = quote(f'"{key[:200]}"', safe="", errors="replace")
    group = quote(quote(log_group, safe=""), safe="").replace("%", "$")
    query = quote(f"?filterPattern={pattern}&start={since * 1000}", safe="").replace("%", "$")
    return (
        f"https://{region}.{domain}/cloudwatch/home?region={region}"
        f"#logsV2:log-groups/log-group/{group}/log-events{query}"
    )
