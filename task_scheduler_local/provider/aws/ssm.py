"""Parameters."""

from __future__ import annotations

from ..provider import State
from ..values import UNKNOWN
from .resource import AwsResource, changed, tag_list, tag_map


class Parameter(AwsResource):
    type_name = "aws_ssm_parameter"
    service = "ssm"
    gone = ("ParameterNotFound",)
    api_names = {"arn": "ARN"}
    unmapped = ("arn", "insecure_value", "overwrite", "value", "version")

    def plan(self, prior: State | None, planned: State) -> None:
        super().plan(prior, planned)
        if prior and changed(prior, planned, "value", "insecure_value"):
            planned["version"] = UNKNOWN
            if prior["insecure_value"] != planned["insecure_value"]:
                planned["value"] = UNKNOWN

    def _create(self, new: State) -> None:
        # AWS takes tags with a new parameter only, and none with `Overwrite`.
        self._put(new, overwrite=bool(new["overwrite"]))
        new["id"] = new["name"]
        if new["tags_all"]:
            self._tag(new, new["tags_all"])

    def _read(self, state: State) -> State | None:
        name = state["id"]
        found = self.api.get_parameter(Name=name, WithDecryption=True)["Parameter"]
        filters = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
        described = self.api.describe_parameters(ParameterFilters=filters)["Parameters"][0]
        tags = self.api.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)
        return {
            **self.attributes(described),
            "arn": found["ARN"],
            "insecure_value": found["Value"] if state["insecure_value"] else None,
            "value": found["Value"],
            "version": found["Version"],
            **self.tags(tag_map(tags["TagList"]), state),
        }

    def _update(self, prior: State, new: State) -> None:
        settings = ("allowed_pattern", "description", "key_id", "tier", "type")
        if changed(prior, new, "value", "insecure_value", *settings):
            self._put(new, overwrite=True)

    def _delete(self, state: State) -> None:
        self.api.delete_parameter(Name=state["id"])

    def _tag(self, state: State, tags: dict[str, str]) -> None:
        self.api.add_tags_to_resource(
            ResourceType="Parameter", ResourceId=state["id"], Tags=tag_list(tags)
        )

    def _untag(self, state: State, keys: list[str]) -> None:
        self.api.remove_tags_from_resource(
            ResourceType="Parameter", ResourceId=state["id"], TagKeys=keys
        )

    def _put(self, new: State, *, overwrite: bool) -> None:
        self.api.put_parameter(
            **{"Description": "", **self.parameters(new)},
            Value=new["insecure_value"] or new["value"],
            Overwrite=overwrite,
        )
