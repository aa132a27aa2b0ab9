"""Schedule groups and schedules."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..errors import ProviderError
from ..provider import State
from .resource import AwsResource, tag_list, tag_map

_ONCE = re.compile(r"at\((.+)\)")


class ScheduleGroup(AwsResource):
    type_name = "aws_scheduler_schedule_group"
    service = "scheduler"
    gone = ("ResourceNotFoundException",)

    def _create(self, new: State) -> None:
        self.api.create_schedule_group(Name=new["name"], Tags=tag_list(new["tags_all"]))
        new["id"] = new["name"]

    def _read(self, state: State) -> State:
        found = self.api.get_schedule_group(Name=state["id"])
        tags = self.api.list_tags_for_resource(ResourceArn=found["Arn"])["Tags"]
        return {**self.attributes(found), **self.tags(tag_map(tags), state)}

    def _delete(self, state: State) -> None:
        self.api.delete_schedule_group(Name=state["id"])

    def _tag(self, state: State, tags: dict[str, str]) -> None:
        self.api.tag_resource(ResourceArn=state["arn"], Tags=tag_list(tags))

    def _untag(self, state: State, keys: list[str]) -> None:
        self.api.untag_resource(ResourceArn=state["arn"], TagKeys=keys)


class Schedule(AwsResource):
    type_name = "aws_scheduler_schedule"
    service = "scheduler"
    gone = ("ResourceNotFoundException",)

    def _create(self, new: State) -> None:
        new["group_name"] = new["group_name"] or "default"
        _refuse_past(new)
        self.api.create_schedule(**self.parameters(new))
        new["id"] = f"{new['group_name']}/{new['name']}"

    def _read(self, state: State) -> State:
        group, name = state["id"].split("/")
        return self.attributes(self.api.get_schedule(GroupName=group, Name=name))

    def _update(self, prior: State, new: State) -> None:
        if prior["schedule_expression"] != new["schedule_expression"]:
            _refuse_past(new)
        self.api.update_schedule(**self.parameters(new))

    def _delete(self, state: State) -> None:
        group, name = state["id"].split("/")
        self.api.delete_schedule(GroupName=group, Name=name)


def _refuse_past(new: State) -> None:
    """AWS refuses a time that is over, which the emulator does not."""
    expression = new["schedule_expression"]
    once = _ONCE.fullmatch(expression)
    if not once:
        return
    try:
        due = datetime.fromisoformat(once[1])
        zone = ZoneInfo(new["schedule_expression_timezone"])
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return
    if due.replace(tzinfo=zone) < datetime.now(zone):
        raise ProviderError(
            f"aws_scheduler_schedule ({new['name']}): ValidationException: Invalid Schedule "
            f"Expression {expression}: it lies in the past",
            "schedule_expression",
        )
