"""The targets in a parameter or a secret: their names, their forms, and those that are none."""

from __future__ import annotations

import json
from contextlib import suppress

import apprise
import pytest
from hypothesis import given
from hypothesis import strategies as st

from task_scheduler.errors import NoTargets
from task_scheduler.notifications import services
from task_scheduler.notifications.targets import Address, choose, parse, target_of

TOKENS = "T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


def pairs(text: str) -> list[tuple[str | None, str]]:
    return [(address.name, address.url) for address in parse(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("json://a, xml://b", [(None, "json://a"), (None, "xml://b")]),
        ("json://a\n\n xml://b \n", [(None, "json://a"), (None, "xml://b")]),
        (" json://a ,\n,xml://b\t,", [(None, "json://a"), (None, "xml://b")]),
        ("json://a,b@c/?x=1,2", [(None, "json://a,b@c/?x=1,2")]),
        ("json://a/?to=http://b", [(None, "json://a/?to=http://b")]),
        ("", []),
        ("team=slack://a\nops = mailto://b", [("team", "slack://a"), ("ops", "mailto://b")]),
        ("a=slack://x, b =discord://y c=z://w",
         [("a", "slack://x"), ("b", "discord://y"), ("c", "z://w")]),
        ("a=slack://x\na=discord://y\njson://z",
         [("a", "slack://x"), ("a", "discord://y"), (None, "json://z")]),
        ("nonsense\na=json://b", [(None, "nonsense"), ("a", "json://b")]),
        (json.dumps({"team": "slack://a", "ops": ["mailto://b", "json://c"]}),
         [("team", "slack://a"), ("ops", "mailto://b"), ("ops", "json://c")]),
        ('{"team": null}', [("team", "None")]),
        ("{}", []),
    ],
)  # fmt: skip
def test_addresses_are_lines_with_or_without_names_or_a_json_object(
    text: str, found: list[tuple[str | None, str]]
) -> None:
    assert pairs(text) == found


@given(st.text(alphabet='a=:/{}[]", \n@.1', max_size=40))
def test_whatever_is_in_a_parameter_it_is_read_or_refused_by_name(text: str) -> None:
    if text.lstrip().startswith("{"):
        with suppress(NoTargets):
            parse(text)
    else:
        assert [address.place for address in parse(text)] == list(range(1, 1 + len(parse(text))))


def test_malformed_json_is_reported_by_its_line_alone() -> None:
    with pytest.raises(NoTargets) as refused:
        parse('{\n"team": "slack://s3cr3t",}')

    assert str(refused.value) == (
        "invalid JSON at line 2: must be an object of names and addresses"
    )
    assert refused.value.__cause__ is None


def test_no_address_is_shown_by_its_repr() -> None:
    assert "s3cr3t" not in repr(parse("team=slack://s3cr3t"))


@pytest.mark.parametrize(
    ("names", "chosen", "unknown"),
    [
        (None, [1, 2, 3, 4], []),
        (["ops"], [2, 3], []),
        (["team", "nobody", "nobody"], [1], ["nobody"]),
        ([], [], []),
    ],
)
def test_a_schedule_picks_targets_by_name(
    names: list[str] | None, chosen: list[int], unknown: list[str]
) -> None:
    addresses = parse("team=json://a\nops=json://b\nops=json://c\njson://d")

    found, missing = choose(addresses, names)

    assert ([address.place for address in found], missing) == (chosen, unknown)


@pytest.mark.parametrize(
    ("url", "is_incident_service"),
    [("pagerduty://a@b", True), ("Opsgenie://a", True), ("jira://a", True), ("slack://a", False)],
)
def test_incident_services_are_known_without_apprise(url: str, is_incident_service: bool) -> None:
    assert parse(url)[0].is_incident_service is is_incident_service


@pytest.mark.parametrize(
    ("url", "service"),
    [
        (f"https://hooks.slack.com/services/{TOKENS}", "Slack"),
        ("https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "Discord"),
        ("https://discordapp.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3d", "Discord"),
        (f"slack://{TOKENS}/#general", "Slack"),
        ("mailto://u:p@example.org", "E-Mail"),
        ("ntfy://topic", "ntfy"),
    ],
)
def test_addresses_of_webhooks_are_understood_as_well_as_apprises_own(
    url: str, service: str
) -> None:
    [address] = parse(url)
    target = target_of(address)

    assert target is not None
    assert target.label == service


@pytest.mark.parametrize(
    "url", [f"slack://{TOKENS}", "https://discord.com/api/webhooks/1/a", "json://a", "ntfy://topic"]
)
def test_messages_are_from_this_installation_whatever_the_service(url: str) -> None:
    [address] = parse(url)
    target = target_of(address, "billing")
    assert target is not None
    assert target.plugin.app_id == "billing"


@pytest.mark.parametrize("channel", ["#ops", "%23ops"])
def test_a_channel_of_slack_may_have_its_sign(channel: str) -> None:
    [address] = parse(f"slack://{TOKENS}/{channel}")
    target = target_of(address)
    assert target is not None
    assert vars(target.plugin)["channels"] == ["#ops"]


@pytest.mark.parametrize(
    "url",
    ["nonsense", "slack://", "slack://a", "https://hooks.slack.com/x", "discord://", "mailto://",
     "https://example.org/s3cr3t", "pagerduty://x", "no://way", "slack://%%%"],
)  # fmt: skip
def test_an_address_of_no_service_has_no_target(url: str) -> None:
    assert target_of(Address(place=1, name=None, url=url)) is None


@pytest.mark.parametrize(("scheme", "plugin"), services._PLUGINS.items())
def test_a_common_service_is_loaded_as_apprise_would_load_it(scheme: str, plugin: str) -> None:
    manager = apprise.apprise.N_MGR

    assert manager[scheme].__name__ == plugin.partition(".")[2]


def test_a_plugin_that_has_another_name_is_found_by_apprise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(services._PLUGINS, "slack", "slakc.NotifySlack")

    plugin = services.load(f"slack://{TOKENS}", apprise.AppriseAsset(app_id="billing"))
    assert plugin is not None
    assert plugin.app_id == "billing"


@pytest.mark.parametrize(
    "url",
    [f"slack://{TOKENS}", f"https://hooks.slack.com/services/{TOKENS}",
     "discord://1/a", "https://discord.com/api/webhooks/1/a", "json://a"],
)  # fmt: skip
def test_a_common_service_is_found_without_importing_all_of_apprise(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def search(*_: object, **__: object) -> None:
        raise AssertionError("every plugin would be imported")

    asset = apprise.AppriseAsset()
    monkeypatch.setattr(apprise.Apprise, "instantiate", search)
    assert services.load(url, asset) is not None
