"""Event source mappings and event invoke configurations of Lambda functions."""

from __future__ import annotations

from ..errors import ProviderError
from ..provider import State
from .resource import AwsResource

_GONE = ("ResourceNotFoundException",)
_UNBUFFERED_BATCH = 10


class EventInvokeConfig(AwsResource):
    type_name = "aws_lambda_function_event_invoke_config"
    service = "lambda"
    gone = _GONE
    name_attribute = "function_name"
    unmapped = ("function_name", "qualifier")

    def _create(self, new: State) -> None:
        self.api.put_function_event_invoke_config(**_of(new), **self.parameters(new))
        new["id"] = ":".join(_of(new).values())

    def _read(self, state: State) -> State:
        found = self.api.get_function_event_invoke_config(**_of(state))
        if not state["maximum_event_age_in_seconds"]:
            # The emulator answers with AWS's assumption where AWS leaves it out.
            del found["MaximumEventAgeInSeconds"]
        return self.attributes(found)

    def _update(self, prior: State, new: State) -> None:
        self.api.put_function_event_invoke_config(**_of(new), **self.parameters(new))

    def _delete(self, state: State) -> None:
        self.api.delete_function_event_invoke_config(**_of(state))


class EventSourceMapping(AwsResource):
    type_name = "aws_lambda_event_source_mapping"
    service = "lambda"
    gone = _GONE
    name_attribute = "event_source_arn"
    api_names = {
        "arn": "EventSourceMappingArn",
        "destination_arn": "Destination",
        "filter": "Filters",
        "kms_key_arn": "KMSKeyArn",
        "uuid": "UUID",
    }
    unmapped = ("enabled", "event_source_arn", "function_name", "uuid")

    def _create(self, new: State) -> None:
        _refuse_unbuffered(new)
        self._refuse_short_visibility(new)
        answer = self.api.create_event_source_mapping(
            EventSourceArn=new["event_source_arn"],
            FunctionName=new["function_name"],
            Enabled=new["enabled"],
            Tags=new["tags_all"],
            **self.parameters(new),
        )
        new["id"] = answer["UUID"]

    def _read(self, state: State) -> State:
        found = self.api.get_event_source_mapping(UUID=state["id"])
        tags = self.api.list_tags(Resource=found["EventSourceMappingArn"])["Tags"]
        arn = found["FunctionArn"]
        same = state["function_name"] in (arn, arn.rsplit(":", 1)[1])
        return {
            **self.attributes(found),
            "enabled": found["State"] not in ("Disabled", "Disabling"),
            "event_source_arn": found["EventSourceArn"],
            "function_name": state["function_name"] if same else arn,
            "uuid": found["UUID"],
            **self.tags(tags, state),
        }

    def _update(self, prior: State, new: State) -> None:
        _refuse_unbuffered(new)
        self.api.update_event_source_mapping(
            **{
                "FilterCriteria": {},
                "FunctionResponseTypes": [],
                "MaximumBatchingWindowInSeconds": 0,
                "ScalingConfig": {},
                **self.parameters(new),
            },
            UUID=new["id"],
            Enabled=new["enabled"],
            FunctionName=new["function_name"],
        )

    def _delete(self, state: State) -> None:
        self.api.delete_event_source_mapping(UUID=state["id"])

    def _tag(self, state: State, tags: dict[str, str]) -> None:
        self.api.tag_resource(Resource=state["arn"], Tags=tags)

    def _untag(self, state: State, keys: list[str]) -> None:
        self.api.untag_resource(Resource=state["arn"], TagKeys=keys)

    def _refuse_short_visibility(self, new: State) -> None:
        """AWS refuses this, which the emulator does not."""
        function = self.api.get_function_configuration(FunctionName=new["function_name"])
        sqs = self.session.client("sqs")
        url = sqs.get_queue_url(QueueName=new["event_source_arn"].rsplit(":", 1)[1])["QueueUrl"]
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
        visibility = int(answer["Attributes"]["VisibilityTimeout"])
        if visibility < function["Timeout"]:
            raise ProviderError(
                "creating aws_lambda_event_source_mapping: InvalidParameterValueException: Queue "
                f"visibility timeout: {visibility} seconds is less than Function timeout: "
                f"{function['Timeout']} seconds"
            )


def _refuse_unbuffered(new: State) -> None:
    """AWS refuses this, which neither the real provider nor the emulator does."""
    size = new["batch_size"] or 0
    if size > _UNBUFFERED_BATCH and not new["maximum_batching_window_in_seconds"]:
        raise ProviderError(
            "aws_lambda_event_source_mapping: InvalidParameterValueException: batch_size is "
            f"{size}: above {_UNBUFFERED_BATCH} it needs a maximum_batching_window_in_seconds of "
            "at least 1",
            "batch_size",
        )


def _of(state: State) -> dict[str, str]:
    qualifier = state["qualifier"]
    return {
        "FunctionName": state["function_name"],
        **({"Qualifier": qualifier} if qualifier else {}),
    }
