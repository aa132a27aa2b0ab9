"""Apprise's services: each loaded alone, and given a message in the form that it shows best."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any
from urllib.parse import quote

import apprise
import requests
from apprise import NotifyFormat, NotifyType
from apprise.plugins.base import NotifyBase

from task_scheduler.notifications.chat_message import ChatMessage

_PLUGINS = {
    "slack": "slack.NotifySlack",
    "discord": "discord.NotifyDiscord",
    "mmost": "mattermost.NotifyMattermost",
    "mmosts": "mattermost.NotifyMattermost",
    "mailto": "email.NotifyEmail",
    "mailtos": "email.NotifyEmail",
    "tgram": "telegram.NotifyTelegram",
    "workflow": "workflows.NotifyWorkflows",
    "gchat": "google_chat.NotifyGoogleChat",
    "json": "custom_json.NotifyJSON",
    "jsons": "custom_json.NotifyJSON",
    "pagerduty": "pagerduty.NotifyPagerDuty",
    "opsgenie": "opsgenie.NotifyOpsgenie",
    "jira": "jira.NotifyJira",
}
"""The plugins of common services; Apprise itself imports all of its 170 to find one."""

_WEBHOOK_HOSTS = {"hooks.slack.com": "slack", "discord.com": "discord", "discordapp.com": "discord"}


def load(url: str, asset: apprise.AppriseAsset) -> NotifyBase | None:
    """Return the service of an Apprise URL, or of the address of a webhook; None if it is none."""
    scheme, _, rest = url.partition("://")
    scheme = scheme.lower()
    is_webhook = scheme == "https"
    known = _PLUGINS.get(_WEBHOOK_HOSTS.get(rest.partition("/")[0], "") if is_webhook else scheme)
    if known is None:
        return apprise.Apprise.instantiate(url, asset=asset)
    module, _, name = known.partition(".")
    try:
        plugin = getattr(import_module(f"apprise.plugins.{module}"), name)
    except (ImportError, AttributeError):  # of another version of Apprise
        return apprise.Apprise.instantiate(url, asset=asset)
    parse = plugin.parse_native_url if is_webhook else plugin.parse_url
    try:
        # %23 as Apprise does: # begins a channel's name
        loaded: NotifyBase = plugin(**parse(url.replace("/#", "/%23")), asset=asset)
        return loaded
    except Exception:  # it is no address of this service; the text may hold it
        return None


def prepare(plugin: Any, message: ChatMessage) -> dict[str, Any]:
    """Prepare a copy of a service for a message; return what its notify() is given otherwise."""
    bold = {
        "title": f"**{message.title}**",
        "body": f"{message.mention}\n{message.markdown}".lstrip("\n"),
    }
    match plugin.schema:
        case "slack":
            _mention_at_slack(plugin, message)
            return {"body": message.markdown, "body_format": NotifyFormat.MARKDOWN}
        case "discord":
            _limit_mentions_at_discord(plugin, message.mention)
            return bold
        case "mmost" | "mmosts":
            return bold
        case "pagerduty" | "opsgenie" | "jira":
            return _open_or_resolve(plugin, message)
    return {}


def _mention_at_slack(plugin: Any, message: ChatMessage) -> None:
    """Mention above the attachment: phones do not ring for a mention within."""
    send = plugin._send

    def send_with_mention(url: str, payload: dict[str, Any], **kw: Any) -> Any:
        for attachment in payload.get("attachments", ()):
            attachment |= {"mrkdwn_in": ["text"], "fallback": message.title}
            if message.mention:
                everybody = re.fullmatch("@(here|channel|everyone)", message.mention)
                payload["text"] = f"<!{everybody[1]}>" if everybody else message.mention
        return send(url, payload, **kw)

    plugin._send = send_with_mention


def _limit_mentions_at_discord(plugin: Any, mention: str) -> None:
    """Have Discord itself ignore all other mentions, but for those of the URL's own `ping`."""
    send = plugin._send
    allowed = {
        "parse": ["everyone"] if re.search("@(here|everyone)", mention) else [],
        "users": re.findall(r"<@!?(\d+)>", mention),
        "roles": re.findall(r"<@&(\d+)>", mention),
    }

    def send_with_limit(payload: dict[str, Any], **kw: Any) -> Any:
        return send({**payload, "allowed_mentions": allowed}, **kw)

    if not plugin.ping:
        plugin._send = send_with_limit


def _open_or_resolve(plugin: Any, message: ChatMessage) -> dict[str, Any]:
    """Give the schedule's incident the state of the schedule; keys of the URL's own stay."""
    kind = NotifyType.FAILURE if message.is_failing else NotifyType.SUCCESS
    if plugin.schema == "pagerduty":
        plugin.dedup = plugin.dedup or message.incident
        plugin.action = "map" if plugin.action == "trigger" else plugin.action
        plugin.details = {**plugin.details, "run": message.text}
        plugin.click = plugin.click or message.link
        return {"title": "", "body": message.title, "notify_type": kind}
    plugin.alias = plugin.alias or message.incident
    if plugin.action == "map" and plugin.mapping[kind] == "close":
        plugin.send = lambda **_: _close(plugin, message.title)
    return {"notify_type": kind}


def _close(plugin: Any, note: str) -> bool:
    """Close an alert by its alias: Apprise closes those alone that its own process has opened.

    See "Close Alert" of Opsgenie's Alert API, which Jira Service Management has, too.
    """
    module = import_module(type(plugin).__module__)
    regions = getattr(module, f"{plugin.schema.upper()}_API_LOOKUP")
    address = f"{regions[plugin.region_name]}/{quote(plugin.alias, safe='')}/close"
    body = {"source": plugin.app_desc, "note": note}
    is_closed, _ = plugin._fetch(requests.post, address, body, {"identifierType": "alias"})
    return bool(is_closed)
