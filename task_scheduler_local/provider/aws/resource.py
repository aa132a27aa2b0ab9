"""The base of all resource types of AWS: facts, names, tags, errors in one sentence."""

from __future__ import annotations

import re
import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, ClassVar

from ..errors import ProviderError
from ..provider import State
from ..schema import Block, load
from ..values import UNKNOWN, is_known
from . import mapping
from .session import Session

FACTS = Path(__file__).with_name("facts")
_GENERATED = 26  # characters after the prefix of a generated name
_NEVER_MAPPED = ("id", "name_prefix", "region", "tags", "tags_all")


class AwsResource(ABC):
    """A resource type; a subclass maps its attributes to calls.

    Errors with a code in `gone` mean that the thing does not exist.
    """

    type_name: ClassVar[str]
    service: ClassVar[str]
    gone: ClassVar[tuple[str, ...]]
    api_names: ClassVar[Mapping[str, str]] = {}  # where AWS's name is not the attribute's
    unmapped: ClassVar[tuple[str, ...]] = ()  # attributes that the subclass cares for itself
    name_attribute: ClassVar[str] = "name"

    def __init__(self, session: Session) -> None:
        self.block: Block = load(FACTS / f"{self.type_name}.json")
        self.session = session

    @property
    def api(self) -> Any:
        return self.session.client(self.service)

    def validate(self, config: State) -> None:
        return

    def plan(self, prior: State | None, planned: State) -> None:
        self._plan_region(planned)
        if "tags_all" not in planned:
            return
        if not is_known(planned["tags"]):
            planned["tags_all"] = UNKNOWN
        elif tags := self._all_tags(planned):
            planned["tags_all"] = tags
        elif prior is None or prior["tags_all"]:
            planned["tags_all"] = UNKNOWN

    def create(self, new: State) -> None:
        if "name_prefix" in new and not new[self.name_attribute]:
            new[self.name_attribute] = self._generated_name(new)
        if "tags_all" in new:
            new["tags_all"] = self._all_tags(new)
        with self._explained("creating", new), self._at_home(new):
            self._create(new)

    def read(self, state: State) -> State | None:
        with self._explained("reading", state), self._at_home(state):
            try:
                found = self._read(state)
            except Exception as error:
                if _code(error) in self.gone:
                    return None
                raise
            if found is not None and "region" in self.block.attributes:
                found["region"] = self.session.region
        return found

    def update(self, prior: State, new: State) -> None:
        with self._explained("updating", prior), self._at_home(prior):
            self._update(prior, new)
            if "tags_all" in new:
                before, after = prior["tags_all"] or {}, self._all_tags(new)
                if removed := [key for key in before if key not in after]:
                    self._untag(new, removed)
                if added := {k: v for k, v in after.items() if before.get(k) != v}:
                    self._tag(new, added)

    def delete(self, state: State) -> None:
        with self._explained("deleting", state), self._at_home(state):
            try:
                self._delete(state)
            except Exception as error:
                if _code(error) not in self.gone:
                    raise

    @abstractmethod
    def _create(self, new: State) -> None:
        """Create it and set new["id"] as soon as it exists."""

    @abstractmethod
    def _read(self, state: State) -> State | None:
        """Read the resource; return None, or raise an error in `gone`, if it is not there."""

    @abstractmethod
    def _delete(self, state: State) -> None:
        """Delete it."""

    def _update(self, prior: State, new: State) -> None:
        """Change what differs, tags aside; nothing where every argument makes a new one."""
        return

    def _tag(self, state: State, tags: dict[str, str]) -> None:
        """Set these tags."""
        return

    def _untag(self, state: State, keys: list[str]) -> None:
        """Remove these tags."""
        return

    def _plan_region(self, planned: State) -> None:
        region = planned.get("region")
        if region is UNKNOWN:
            planned["region"] = self.session.configured_region
        elif region and region != self.session.configured_region:
            self.session.refuse_other_partition(region)

    def _at_home(self, state: State) -> AbstractContextManager[None]:
        """Work in the resource's region."""
        return self.session.at(state.get("region"))

    def _all_tags(self, new: State) -> dict[str, str]:
        return {**self.session.default_tags, **(new["tags"] or {})}

    def _generated_name(self, new: State) -> str:
        return generated_name(new["name_prefix"])

    def parameters(self, new: State) -> dict[str, Any]:
        """Return the attributes as parameters of AWS."""
        return mapping.to_api(self.block, new, self.api_names, (*_NEVER_MAPPED, *self.unmapped))

    def attributes(self, answer: Mapping[str, Any]) -> State:
        """Return the attributes from an answer of AWS."""
        return mapping.from_api(
            self.block, answer, self.api_names, (*_NEVER_MAPPED, *self.unmapped)
        )

    def tags(self, found: dict[str, str], state: State) -> State:
        """`tags` and `tags_all` from the tags that were found."""
        defaults, own = self.session.default_tags, state["tags"] or {}
        return {
            "tags": {k: v for k, v in found.items() if k in own or defaults.get(k) != v},
            "tags_all": found,
        }

    @contextmanager
    def _explained(self, doing: str, state: State) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            refusal = error.response["Error"]
            reason = f"{refusal.get('Code')}: {refusal.get('Message')}"
        except (BotoCoreError, OSError) as error:
            reason = str(error)
        else:
            return
        name = state.get("id") or state.get(self.name_attribute) or "unnamed"
        raise ProviderError(f"{doing} {self.type_name} ({name}): {reason}")


def generated_name(prefix: str | None, suffix: str = "") -> str:
    """Return a name that is not taken: the prefix, the time and some chance."""
    now = time.time_ns()
    stamp = time.strftime("%Y%m%d%H%M%S", time.gmtime(now // 10**9))
    fraction = f"{now // 10**5 % 10**4:04}"
    return f"{prefix or 'terraform-'}{stamp}{fraction}{secrets.token_hex(4)}{suffix}"


def refuse_fifo_mismatch(kind: str, planned: State, longest: int) -> None:
    """Raise ProviderError for the name of a new queue or topic that is not one of its kind.

    What is not known counts as not set, as in the real provider.
    """
    fifo = planned[f"fifo_{kind}"] is True
    name, prefix = (_known_text(planned[key]) for key in ("name", "name_prefix"))
    name = name or f"{prefix or 'terraform-'}{'0' * _GENERATED}{'.fifo' if fifo else ''}"
    pattern = (
        rf"[0-9A-Za-z_-]{{1,{longest - 5}}}\.fifo" if fifo else rf"[0-9A-Za-z_-]{{1,{longest}}}"
    )
    if not re.fullmatch(pattern, name):
        raise ProviderError(f"invalid {kind} name: {name} (must match {pattern})", "name")


def refuse_fifo_settings(kind: str, planned: State, **settings: str) -> None:
    """Raise ProviderError for settings (attribute: its name) that only FIFO ones have."""
    if planned[f"fifo_{kind}"] is not True:
        for attribute, setting in settings.items():
            if planned[attribute] not in (None, UNKNOWN, False, ""):
                raise ProviderError(f"{setting} can only be set for FIFO {kind}s", attribute)


def _known_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def tag_list(tags: Mapping[str, str]) -> list[Any]:
    """Tags in the form in which many services want them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def tag_map(tags: list[Any]) -> dict[str, str]:
    """Return the reverse of `tag_list`."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def changed(prior: State, new: State, *names: str) -> bool:
    """Return True if any of these attributes differs."""
    return any(prior[name] != new[name] for name in names)


def _code(error: Exception) -> str | None:
    response = getattr(error, "response", None)
    return response["Error"].get("Code") if response else None
