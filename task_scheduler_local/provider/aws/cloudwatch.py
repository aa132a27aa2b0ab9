"""Alarms and dashboards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ProviderError
from ..provider import State
from ..values import is_known, is_zero
from .mapping import from_api, to_api
from .resource import AwsResource, tag_list, tag_map


class MetricAlarm(AwsResource):
    type_name = "aws_cloudwatch_metric_alarm"
    service = "cloudwatch"
    gone = ()
    name_attribute = "alarm_name"
    api_names = {
        "arn": "AlarmArn",
        "evaluate_low_sample_count_percentiles": "EvaluateLowSampleCountPercentile",
        "ok_actions": "OKActions",
    }
    unmapped = ("dimensions", "metric_query")

    def validate(self, config: State) -> None:
        if (
            isinstance(config["metric_name"], str)
            and is_zero(config["statistic"])
            and is_zero(config["extended_statistic"])
        ):
            raise ProviderError(
                "One of `statistic` or `extended_statistic` must be set for a cloudwatch metric "
                "alarm"
            )
        if is_known(config["metric_query"]) and any(
            query["expression"] and query["metric"] for query in config["metric_query"]
        ):
            raise ProviderError("no metric_query may have both expression and metric")

    def _create(self, new: State) -> None:
        self._put(new, Tags=tag_list(new["tags_all"]))
        new["id"] = new["alarm_name"]

    def _read(self, state: State) -> State | None:
        alarms = self.api.describe_alarms(AlarmNames=[state["id"]])["MetricAlarms"]
        if not alarms:
            return None
        found = alarms[0]
        tags = self.api.list_tags_for_resource(ResourceARN=found["AlarmArn"])["Tags"]
        read = {
            **self.attributes(found),
            "dimensions": _dimension_map(found),
            "metric_query": [self._from_query(query) for query in found.get("Metrics", [])],
            **self.tags(tag_map(tags), state),
        }
        # The emulator forgets queries, and invents a statistic where there are queries or an
        # extended one: what was stored of these stays.
        invented: tuple[str, ...] = ()
        if state["metric_query"] and not read["metric_query"]:
            invented = ("metric_query", "period", "statistic")
        elif state["extended_statistic"]:
            invented = ("statistic",)
        return {name: value for name, value in read.items() if name not in invented}

    def _update(self, prior: State, new: State) -> None:
        if any(prior[name] != new[name] for name in new if not name.startswith("tags")):
            self._put(new)

    def _delete(self, state: State) -> None:
        self.api.delete_alarms(AlarmNames=[state["id"]])

    def _tag(self, state: State, tags: dict[str, str]) -> None:
        self.api.tag_resource(ResourceARN=state["arn"], Tags=tag_list(tags))

    def _untag(self, state: State, keys: list[str]) -> None:
        self.api.untag_resource(ResourceARN=state["arn"], TagKeys=keys)

    def _put(self, new: State, **more: Any) -> None:
        queries = [self._to_query(query) for query in new["metric_query"]]
        metric = {"Metrics": queries} if queries else {"Dimensions": _dimension_list(new)}
        self.api.put_metric_alarm(**self.parameters(new), **metric, **more)

    def _to_query(self, query: State) -> dict[str, Any]:
        parameters = to_api(self.block.blocks["metric_query"].block, query, {}, ("metric",))
        for metric in query["metric"]:
            parameters["MetricStat"] = {
                "Metric": {
                    "Dimensions": _dimension_list(metric),
                    "MetricName": metric["metric_name"],
                    **({"Namespace": metric["namespace"]} if metric["namespace"] else {}),
                },
                "Period": metric["period"],
                "Stat": metric["stat"],
                **({"Unit": metric["unit"]} if metric["unit"] else {}),
            }
        return parameters

    def _from_query(self, query: Mapping[str, Any]) -> State:
        attributes = from_api(self.block.blocks["metric_query"].block, query, {}, ("metric",))
        stat = query.get("MetricStat")
        attributes["metric"] = []
        if stat:
            metric = stat["Metric"]
            attributes["metric"] = [
                {
                    "dimensions": _dimension_map(metric),
                    "metric_name": metric["MetricName"],
                    "namespace": metric.get("Namespace"),
                    "period": stat["Period"],
                    "stat": stat["Stat"],
                    "unit": stat.get("Unit"),
                }
            ]
        return attributes


def _dimension_list(metric: State) -> list[dict[str, str]]:
    return [{"Name": n, "Value": v} for n, v in (metric["dimensions"] or {}).items()]


def _dimension_map(metric: Mapping[str, Any]) -> dict[str, str]:
    return {d["Name"]: d["Value"] for d in metric.get("Dimensions", [])}


class Dashboard(AwsResource):
    type_name = "aws_cloudwatch_dashboard"
    service = "cloudwatch"
    gone = ("DashboardNotFoundError", "ResourceNotFound")
    name_attribute = "dashboard_name"

    def _create(self, new: State) -> None:
        self._put(new)
        new["id"] = new["dashboard_name"]

    def _read(self, state: State) -> State:
        return self.attributes(self.api.get_dashboard(DashboardName=state["id"]))

    def _update(self, prior: State, new: State) -> None:
        self._put(new)

    def _delete(self, state: State) -> None:
        self.api.delete_dashboards(DashboardNames=[state["id"]])

    def _put(self, new: State) -> None:
        # AWS refuses a faulty body, and warns of widgets that it may not draw. The real provider
        # passes over the warnings; here they are errors on purpose, for nobody would see them.
        problems = self.api.put_dashboard(**self.parameters(new))["DashboardValidationMessages"]
        if problems:
            raise ProviderError(f"dashboard {new['dashboard_name']}: {problems[0]['Message']}")
