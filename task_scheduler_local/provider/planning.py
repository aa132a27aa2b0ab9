"""Plan a change of configuration, by the rules of the AWS provider's framework.

That framework (Terraform's SDK, version 2) cannot tell null, "", 0, false and empty collections
apart, keeps what is computed until something changes it, and compares some texts by their meaning.
"""

from __future__ import annotations

from typing import Any

from .provider import State
from .schema import Attribute, Block, NestedBlock
from .values import UNKNOWN, is_known, is_zero, same, shown


def plan(block: Block, prior: State | None, config: State) -> State:
    """Return the state to expect after apply; UNKNOWN where only apply can tell.

    Where configuration and prior state mean the same, the prior value stays.
    """
    planned = {
        name: _plan_attribute(attribute, prior, prior and prior[name], config[name])
        for name, attribute in block.attributes.items()
    }
    for name, nested in block.blocks.items():
        planned[name] = _plan_blocks(nested, prior, prior and prior[name], config[name])
    return planned


def _plan_attribute(attribute: Attribute, parent: State | None, prior: Any, config: Any) -> Any:
    if config is not None and not (attribute.computed and config in ("", [])):
        value = shown(config)
    elif attribute.default is not None:
        value = attribute.default
    elif attribute.computed:
        return prior if parent else UNKNOWN
    else:
        value = None
        if parent and attribute.assumed is not None and prior == attribute.assumed:
            return prior
    return prior if parent and same(attribute.type, value, prior, attribute.json) else value


def _plan_blocks(nested: NestedBlock, parent: State | None, prior: Any, config: Any) -> Any:
    if config is UNKNOWN or nested.nesting == "single":
        return config
    if not config:
        if nested.computed:
            return prior if parent else UNKNOWN
        return prior if prior and _only_defaults(nested.block, prior) else config
    planned = [plan(nested.block, partner, item) for item, partner in _pairs(nested, config, prior)]
    if nested.nesting == "set" and parent and same(["set", "object"], planned, prior):
        return prior
    return planned


def settle(block: Block, expected: State, read: State) -> State:
    """Return the state to store: `expected`, except where what was read means something else.

    What `read` does not tell stays as expected; what nobody tells is null.
    """
    state = {}
    for name, attribute in block.attributes.items():
        kept = None if expected[name] is UNKNOWN else expected[name]
        value = read.get(name, kept)
        state[name] = kept if same(attribute.type, value, kept, attribute.json) else value
    for name, nested in block.blocks.items():
        kept_blocks = nested.nothing if expected[name] is UNKNOWN else expected[name]
        state[name] = _settle_blocks(nested, kept_blocks, read.get(name, kept_blocks))
    return state


def _settle_blocks(nested: NestedBlock, kept: Any, read: Any) -> Any:
    if nested.nesting == "single":
        return kept
    if not kept and not nested.computed and _only_defaults(nested.block, read):
        return kept
    blank = plan(nested.block, None, _nothing(nested.block))
    return [
        settle(nested.block, partner or blank, item) for item, partner in _pairs(nested, read, kept)
    ]


def _pairs(
    nested: NestedBlock, items: list[State], partners: list[State] | None
) -> list[tuple[State, State | None]]:
    """Each block with the one that it was before: by place in a list, by meaning in a set."""
    left = list(partners or ())
    pairs: list[tuple[State, State | None]] = []
    for item in items:
        partner = None
        if nested.nesting == "set":
            partner = next((p for p in left if _alike(nested.block, item, p)), None)
            if partner is not None:
                left.remove(partner)
        elif left:
            partner = left.pop(0)
        pairs.append((item, partner))
    return pairs


def _alike(block: Block, a: State, b: State) -> bool:
    """Return True if two blocks mean the same, as far as `a` says something."""
    return all(
        a.get(name) is None or same(attribute.type, a[name], b[name], attribute.json)
        for name, attribute in block.attributes.items()
    ) and all(
        len(a.get(name) or ()) == len(b[name] or ())
        and all(
            p is not None and _alike(nested.block, i, p)
            for i, p in _pairs(nested, a.get(name) or [], b[name])
        )
        for name, nested in block.blocks.items()
    )


def _only_defaults(block: Block, items: list[State]) -> bool:
    """Return True if the blocks say no more than AWS assumes where there are none."""
    return all(
        all(
            is_zero(item.get(name)) or item[name] == attribute.default
            for name, attribute in block.attributes.items()
        )
        and all(
            _only_defaults(n.block, n.items(item.get(name))) for name, n in block.blocks.items()
        )
        for item in items
    )


def _nothing(block: Block) -> State:
    return {
        **dict.fromkeys(block.attributes),
        **{name: nested.nothing for name, nested in block.blocks.items()},
    }


def replacements(block: Block, prior: State, planned: State) -> list[str]:
    """Return the top-level arguments whose change makes Terraform replace the resource."""
    changed = [
        name for name, a in block.attributes.items() if a.force_new and planned[name] != prior[name]
    ]
    for name, nested in block.blocks.items():
        if (
            nested.nesting != "single"
            and planned[name] != prior[name]
            and (nested.force_new or _forced(nested, prior[name], planned[name]))
        ):
            changed.append(name)
    return changed


def _forced(nested: NestedBlock, prior: list[State], planned: Any) -> bool:
    if not is_known(planned) or len(planned) != len(prior):
        return any(a.force_new for a in nested.block.attributes.values())
    return any(
        replacements(nested.block, before, after)
        for before, after in zip(prior, planned, strict=True)
    )
