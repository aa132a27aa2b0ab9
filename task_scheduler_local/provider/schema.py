"""The schema of a type, from a small JSON file of facts.

A file has `attributes` (name -> facts of an attribute), `blocks` (name -> facts of a nested block)
and `version`. The facts are those of the public AWS and archive providers: the ones that Terraform
asks for (type, required, optional, computed, sensitive, nesting, item counts) and the ones that
only the provider itself knows (force_new, default, conflicts and the values that it accepts).
Numbers are whole unless `fraction` says otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import messages

_NESTING = {"single": 1, "list": 2, "set": 3}


@dataclass(frozen=True)
class Attribute:
    type: Any
    required: bool = False
    optional: bool = False
    computed: bool = False
    sensitive: bool = False
    deprecated: bool = False
    default: Any = None
    assumed: Any = None  # what AWS has where nothing is set, which is not a difference then
    force_new: bool = False
    json: str | None = None  # "document" or "policy": a text that holds JSON
    conflicts_with: Sequence[str] = ()
    exactly_one_of: Sequence[str] = ()
    required_with: Sequence[str] = ()
    range: Sequence[float | None] = ()  # least and greatest number, null for no limit
    fraction: bool = False  # a number that need not be whole
    length: Sequence[int | None] = ()  # bytes of a text or items of a collection, likewise
    values: Sequence[Any] = ()  # of the attribute, or of each item of a collection
    ignore_case: bool = False  # of `values`
    multiple_of: int | None = None  # or one of `values`
    pattern: str | None = None  # regular expression that the whole text matches
    format: str | None = None  # by its name in formats.py
    since: str | None = None  # the version of the real provider that first has it
    unsupported: bool = False  # in the schema, but nothing comes of it here


@dataclass(frozen=True)
class NestedBlock:
    block: Block
    nesting: str = "list"
    min_items: int = 0
    max_items: int = 0
    computed: bool = False
    force_new: bool = False
    deprecated: bool = False
    unsupported: bool = False

    def items(self, value: Any) -> list[Any]:
        """Return the blocks in a known value: one that stands alone is not a list in Terraform."""
        if self.nesting == "single":
            return [] if value is None else [value]
        return value or []

    @property
    def nothing(self) -> Any:
        """The value where there is no such block."""
        return None if self.nesting == "single" else []


@dataclass(frozen=True)
class Block:
    attributes: dict[str, Attribute] = field(default_factory=dict)
    blocks: dict[str, NestedBlock] = field(default_factory=dict)
    version: int = 0

    def message(self) -> Any:
        """Return the `Schema` message of the plugin protocol."""
        return messages.Schema(version=self.version, block=self._block_message())

    def _block_message(self, deprecated: bool = False) -> Any:
        return messages.Block(
            version=self.version,
            deprecated=deprecated,
            attributes=[
                messages.Attribute(
                    name=name,
                    type=json.dumps(a.type).encode(),
                    required=a.required,
                    optional=a.optional,
                    computed=a.computed,
                    sensitive=a.sensitive,
                    deprecated=a.deprecated,
                )
                for name, a in self.attributes.items()
            ],
            block_types=[
                messages.NestedBlock(
                    type_name=name,
                    block=n.block._block_message(n.deprecated),
                    nesting=_NESTING[n.nesting],
                    min_items=n.min_items,
                    max_items=n.max_items,
                )
                for name, n in self.blocks.items()
            ],
        )


def load(path: Path) -> Block:
    """Read the facts of one type."""
    return parse(json.loads(path.read_text(encoding="utf-8")))


def parse(facts: dict[str, Any]) -> Block:
    """Build a block from facts as they stand in a file."""
    return Block(
        attributes={
            name: Attribute(**attribute) for name, attribute in facts.get("attributes", {}).items()
        },
        blocks={
            name: NestedBlock(
                block=parse(nested),
                **{k: v for k, v in nested.items() if k not in ("attributes", "blocks")},
            )
            for name, nested in facts.get("blocks", {}).items()
        },
        version=facts.get("version", 0),
    )
