"""Log groups, metric filters and saved queries."""

from __future__ import annotations

import uuid
from typing import Any

from ..provider import State
from ..values import is_known
from .resource import AwsResource, changed

_FOREVER = 0


class LogGroup(AwsResource):
    type_name = "aws_cloudwatch_log_group"
    service = "logs"
    gone = ("ResourceNotFoundException",)
    api_names = {
        "kms_key_id": "kmsKeyId",
        "log_group_class": "logGroupClass",
        "name": "logGroupName",
        "retention_in_days": "retentionInDays",
    }
    unmapped = ("arn", "retention_in_days", "skip_destroy")

    def _create(self, new: State) -> None:
        self.api.create_log_group(**self.parameters(new), tags=new["tags_all"])
        new["id"] = new["name"]
        if new["retention_in_days"] != _FOREVER:
            self._put_retention(new)

    def _read(self, state: State) -> State | None:
        name = state["id"]
        groups = self.api.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
        found = next((group for group in groups if group["logGroupName"] == name), None)
        if found is None:
            return None
        arn = found["arn"].removesuffix(":*")
        tags = self.api.list_tags_for_resource(resourceArn=arn)["tags"]
        return {
            **self.attributes(found),
            "arn": arn,
            "retention_in_days": found.get("retentionInDays", _FOREVER),
            **self.tags(tags, state),
        }

    def _update(self, prior: State, new: State) -> None:
        name = {"logGroupName": new["id"]}
        if changed(prior, new, "retention_in_days"):
            if new["retention_in_days"] == _FOREVER:
                self.api.delete_retention_policy(**name)
            else:
                self._put_retention(new)
        if changed(prior, new, "kms_key_id"):
            if new["kms_key_id"]:
                self.api.associate_kms_key(**name, kmsKeyId=new["kms_key_id"])
            else:
                self.api.disassociate_kms_key(**name)

    def _delete(self, state: State) -> None:
        if not state["skip_destroy"]:
            self.api.delete_log_group(logGroupName=state["id"])

    def _tag(self, state: State, tags: dict[str, str]) -> None:
        self.api.tag_resource(resourceArn=state["arn"], tags=tags)

    def _untag(self, state: State, keys: list[str]) -> None:
        self.api.untag_resource(resourceArn=state["arn"], tagKeys=keys)

    def _put_retention(self, new: State) -> None:
        self.api.put_retention_policy(
            logGroupName=new["id"], retentionInDays=new["retention_in_days"]
        )


class MetricFilter(AwsResource):
    type_name = "aws_cloudwatch_log_metric_filter"
    service = "logs"
    gone = ("ResourceNotFoundException",)

    def plan(self, prior: State | None, planned: State) -> None:
        super().plan(prior, planned)
        if is_known(planned["pattern"]):
            planned["pattern"] = planned["pattern"].strip()

    def _create(self, new: State) -> None:
        self._put(new)
        new["id"] = new["name"]

    def _read(self, state: State) -> State | None:
        filters = self.api.describe_metric_filters(
            logGroupName=state["log_group_name"], filterNamePrefix=state["name"]
        )["metricFilters"]
        found = next((f for f in filters if f["filterName"] == state["name"]), None)
        if found is None:
            return None
        (metric,) = found["metricTransformations"]
        default = metric.get("defaultValue")
        return {
            "log_group_name": found["logGroupName"],
            "metric_transformation": [
                {
                    "default_value": None if default is None else f"{default:g}",
                    "dimensions": metric.get("dimensions"),
                    "name": metric["metricName"],
                    "namespace": metric["metricNamespace"],
                    "unit": metric.get("unit", "None"),
                    "value": metric["metricValue"],
                }
            ],
            "name": found["filterName"],
            "pattern": found.get("filterPattern", ""),
        }

    def _update(self, prior: State, new: State) -> None:
        self._put(new)

    def _delete(self, state: State) -> None:
        self.api.delete_metric_filter(
            logGroupName=state["log_group_name"], filterName=state["name"]
        )

    def _put(self, new: State) -> None:
        (metric,) = new["metric_transformation"]
        default: dict[str, Any] = (
            {"defaultValue": float(metric["default_value"])} if metric["default_value"] else {}
        )
        self.api.put_metric_filter(
            logGroupName=new["log_group_name"],
            filterName=new["name"],
            filterPattern=new["pattern"],
            metricTransformations=[
                {
                    "metricName": metric["name"],
                    "metricNamespace": metric["namespace"],
                    "metricValue": metric["value"],
                    "dimensions": metric["dimensions"] or {},
                    "unit": metric["unit"],
                    **default,
                }
            ],
        )


class QueryDefinition(AwsResource):
    """In the state only: the emulator has no saved queries, so nothing can come of one there."""

    type_name = "aws_cloudwatch_query_definition"
    service = "logs"
    gone = ()

    def _create(self, new: State) -> None:
        new["id"] = new["query_definition_id"] = str(uuid.uuid4())

    def _read(self, state: State) -> State:
        return {}

    def _delete(self, state: State) -> None:
        pass
