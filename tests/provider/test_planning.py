"""The rules of planning that hold for every type, on the facts themselves."""

from __future__ import annotations

from typing import Any

import pytest

from task_scheduler_local.provider.aws import AwsProvider
from task_scheduler_local.provider.planning import plan, replacements, settle
from task_scheduler_local.provider.schema import parse
from task_scheduler_local.provider.values import UNKNOWN, decode, encode, same

_PROVIDER = AwsProvider()
_FORCED = [
    (name, attribute)
    for name, resource in _PROVIDER.resources.items()
    for attribute, facts in resource.block.attributes.items()
    if facts.force_new
]

_BLOCK = parse(
    {
        "attributes": {
            "id": {"type": "string", "optional": True, "computed": True},
            "arn": {"type": "string", "computed": True},
            "text": {"type": "string", "optional": True},
            "count": {"type": "number", "optional": True, "default": 3},
            "choice": {"type": "string", "optional": True, "computed": True},
            "size": {"type": "number", "optional": True, "assumed": 10},
            "names": {"type": ["set", "string"], "optional": True},
            "policy": {"type": "string", "optional": True, "json": "policy"},
        },
        "blocks": {
            "retry": {
                "nesting": "list",
                "max_items": 1,
                "attributes": {"attempts": {"type": "number", "optional": True, "default": 5}},
            },
            "storage": {
                "nesting": "list",
                "computed": True,
                "attributes": {"size": {"type": "number", "optional": True, "computed": True}},
            },
            "filter": {
                "nesting": "set",
                "attributes": {"pattern": {"type": "string", "required": True}},
            },
        },
    }
)


def _config(**given: Any) -> dict[str, Any]:
    blank = dict.fromkeys(_BLOCK.attributes) | {name: [] for name in _BLOCK.blocks}
    return {**blank, **given}


def _stored(**given: Any) -> dict[str, Any]:
    known = {"id": "i", "arn": "a", "count": 3, "choice": "c", "storage": [{"size": 512}]}
    return _config(**{**known, **given})


def test_what_only_apply_can_tell_is_unknown_at_first_and_kept_later() -> None:
    created = plan(_BLOCK, None, _config(text="t"))
    assert {k for k, v in created.items() if v is UNKNOWN} == {"id", "arn", "choice", "storage"}
    assert created["count"] == 3
    assert plan(_BLOCK, _stored(text="t"), _config(text="t")) == _stored(text="t")


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        ({"text": ""}, {}),
        ({"text": None}, {"text": ""}),
        ({"names": ["a", "b"]}, {"names": ["b", "a"]}),
        (
            {"filter": [{"pattern": "a"}, {"pattern": "b"}]},
            {"filter": [{"pattern": "b"}, {"pattern": "a"}]},
        ),
        ({"policy": '{"Action":["a","b"]}'}, {"policy": '{ "Action": ["b", "a"] }'}),
        ({"policy": '{"Action":"a"}'}, {"policy": '{"Action":["a"]}'}),
        ({"count": 0.5}, {"count": "0.5"}),
        ({"size": 10}, {}),
        ({"choice": "c"}, {"choice": ""}),
        ({"retry": [{"attempts": 5}]}, {}),
        ({"retry": [{"attempts": 5}]}, {"retry": [{"attempts": None}]}),
    ],
)
def test_other_words_for_the_same_plan_nothing(stored: Any, given: Any) -> None:
    assert plan(_BLOCK, _stored(**stored), _config(**given)) == _stored(**stored)


@pytest.mark.parametrize(
    ("stored", "given", "planned"),
    [
        ({"text": "t"}, {}, {"text": None}),
        ({"count": 7}, {}, {"count": 3}),
        ({"count": 3}, {"count": 0}, {"count": 0}),
        ({"names": ["a"]}, {"names": ["a", "b"]}, {"names": ["a", "b"]}),
        ({"names": ["a"]}, {"names": UNKNOWN}, {"names": UNKNOWN}),
        ({"names": ["a"]}, {"names": ["a", UNKNOWN]}, {"names": UNKNOWN}),
        ({"size": 100}, {}, {"size": None}),
        ({"policy": '{"Action":"a"}'}, {"policy": '{"Action":"b"}'}, {"policy": '{"Action":"b"}'}),
        ({"retry": [{"attempts": 6}]}, {}, {"retry": []}),
        ({"storage": [{"size": 1}]}, {"storage": [{"size": 2}]}, {"storage": [{"size": 2}]}),
        ({}, {"filter": UNKNOWN}, {"filter": UNKNOWN}),
    ],
)
def test_a_difference_is_planned(stored: Any, given: Any, planned: Any) -> None:
    assert plan(_BLOCK, _stored(**stored), _config(**given)) == _stored(**{**stored, **planned})


def test_what_is_read_is_stored_unless_it_means_the_same() -> None:
    expected = {
        **_config(text="t", names=["b", "a"]),
        "id": "i",
        "arn": UNKNOWN,
        "storage": UNKNOWN,
    }
    read = {"arn": "a", "text": "other", "names": ["a", "b"], "retry": [{"attempts": 5}]}
    settled = settle(_BLOCK, expected, read)
    assert settled["arn"] == "a"
    assert settled["text"] == "other"
    assert settled["names"] == ["b", "a"]
    assert settled["retry"] == []
    assert settled["storage"] == []
    assert settled["choice"] is None


@pytest.mark.parametrize(("type_name", "attribute"), _FORCED)
def test_replaced_where_the_facts_say_so(type_name: str, attribute: str) -> None:
    block = _PROVIDER.resources[type_name].block
    config = dict.fromkeys(block.attributes) | {name: [] for name in block.blocks}
    prior = {**plan(block, None, config), attribute: "before"}
    planned = plan(block, prior, {**config, attribute: "after"})
    assert replacements(block, prior, planned) == [attribute]
    assert replacements(block, prior, plan(block, prior, {**config, attribute: "before"})) == []


_VERSION = {"qualified_arn", "qualified_invoke_arn", "version"}


@pytest.mark.parametrize(
    ("publish", "change", "unknown"),
    [
        (False, {"memory_size": 256}, set()),
        (False, {"source_code_hash": "other"}, {"last_modified"}),
        (False, {"architectures": ["arm64"]}, {"last_modified"}),
        (False, {"publish": True}, _VERSION),
        (True, {"memory_size": 256}, _VERSION),
        (True, {"source_code_hash": "other"}, {"last_modified", *_VERSION}),
        (True, {"reserved_concurrent_executions": 1}, set()),
        (True, {"publish": False}, set()),
    ],
)
def test_a_changed_function_is_unknown_where_the_real_provider_says_so(
    publish: bool, change: dict[str, Any], unknown: set[str]
) -> None:
    function = _PROVIDER.resources["aws_lambda_function"]
    prior = dict.fromkeys(function.block.attributes, "known") | {
        "architectures": ["x86_64"],
        "memory_size": 128,
        "publish": publish,
        "reserved_concurrent_executions": -1,
        "tags": None,
        "tags_all": None,
        **{name: [] for name in function.block.blocks},
    }
    planned = prior | change
    function.plan(prior, planned)
    assert {name for name, value in planned.items() if value is UNKNOWN} == unknown


def test_order_counts_in_documents_but_not_in_policies() -> None:
    assert same("string", '{"a":[1,2]}', '{"a": [1, 2]}', "document")
    assert not same("string", '{"a":[1,2]}', '{"a":[2,1]}', "document")
    assert same("string", '{"a":[1,2]}', '{"a":[2,1]}', "policy")


def test_values_survive_the_wire() -> None:
    value = {"text": "é", "number": 2**40, "part": 0.5, "list": [None, True, {"x": []}]}
    assert decode(encode(value)) == value
    assert decode(encode({"a": [UNKNOWN]})) == {"a": [UNKNOWN]}
