"""Topics, their policies and subscriptions."""

from __future__ import annotations

import json

from ..errors import ProviderError
from ..provider import State
from ..values import is_zero
from .mapping import different, from_texts, to_texts
from .resource import (
    AwsResource,
    generated_name,
    refuse_fifo_mismatch,
    refuse_fifo_settings,
    tag_list,
    tag_map,
)

_GONE = ("NotFound", "NotFoundException")


class Topic(AwsResource):
    type_name = "aws_sns_topic"
    service = "sns"
    gone = _GONE
    api_names = {"arn": "TopicArn"}
    unmapped = ("name",)

    def plan(self, prior: State | None, planned: State) -> None:
        super().plan(prior, planned)
        if prior is None:
            refuse_fifo_mismatch("topic", planned, longest=256)
        refuse_fifo_settings(
            "topic",
            planned,
            archive_policy="message archive policy",
            content_based_deduplication="content-based deduplication",
            fifo_throughput_scope="FIFO throughput scope",
        )

    def _generated_name(self, new: State) -> str:
        return generated_name(new["name_prefix"], ".fifo" if new["fifo_topic"] else "")

    def _create(self, new: State) -> None:
        answer = self.api.create_topic(
            Name=new["name"], Attributes=self._settings(new), Tags=tag_list(new["tags_all"])
        )
        new["id"] = answer["TopicArn"]

    def _read(self, state: State) -> State:
        arn = state["id"]
        found = self.api.get_topic_attributes(TopicArn=arn)["Attributes"]
        tags = self.api.list_tags_for_resource(ResourceArn=arn)["Tags"]
        return {
            **from_texts(self.block, self.attributes(found)),
            "name": arn.rsplit(":", 1)[1],
            **self.tags(tag_map(tags), state),
        }

    def _update(self, prior: State, new: State) -> None:
        for name, value in different(self._settings(prior), self._settings(new)).items():
            self.api.set_topic_attributes(
                TopicArn=new["id"], AttributeName=name, AttributeValue=value
            )

    def _delete(self, state: State) -> None:
        self.api.delete_topic(TopicArn=state["id"])

    def _tag(self, state: State, tags: dict[str, str]) -> None:
        self.api.tag_resource(ResourceArn=state["id"], Tags=tag_list(tags))

    def _untag(self, state: State, keys: list[str]) -> None:
        self.api.untag_resource(ResourceArn=state["id"], TagKeys=keys)

    def _settings(self, new: State) -> dict[str, str]:
        """Topic attributes; those of FIFO topics are refused by AWS on any other."""
        fifo_only = () if new["fifo_topic"] else ("FifoTopic", "ContentBasedDeduplication")
        texts = to_texts(self.parameters(new))
        return {name: text for name, text in texts.items() if name not in fifo_only}


class TopicPolicy(AwsResource):
    type_name = "aws_sns_topic_policy"
    service = "sns"
    gone = _GONE
    name_attribute = "arn"

    def _create(self, new: State) -> None:
        self._put(new["arn"], new["policy"])
        new["id"] = new["arn"]

    def _read(self, state: State) -> State:
        found = self.api.get_topic_attributes(TopicArn=state["id"])["Attributes"]
        return {"owner": found["Owner"], "policy": found["Policy"]}

    def _update(self, prior: State, new: State) -> None:
        self._put(new["arn"], new["policy"])

    def _delete(self, state: State) -> None:
        """Back to the policy that a topic starts with: its owner may use it."""
        owner_only = {
            "Version": "2008-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": ["SNS:Publish", "SNS:Subscribe"],
                    "Resource": state["arn"],
                    "Condition": {"StringEquals": {"AWS:SourceOwner": state["owner"]}},
                }
            ],
        }
        self._put(state["arn"], json.dumps(owner_only))

    def _put(self, arn: str, policy: str) -> None:
        self.api.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)


class TopicSubscription(AwsResource):
    type_name = "aws_sns_topic_subscription"
    service = "sns"
    gone = _GONE
    name_attribute = "endpoint"
    api_names = {"arn": "SubscriptionArn", "owner_id": "Owner"}
    unmapped = ("confirmation_timeout_in_minutes", "endpoint_auto_confirms")

    def validate(self, config: State) -> None:
        if config["filter_policy_scope"] is not None and is_zero(config["filter_policy"]):
            raise ProviderError(
                "filter_policy is required when filter_policy_scope is set", "filter_policy"
            )

    def _create(self, new: State) -> None:
        answer = self.api.subscribe(
            TopicArn=new["topic_arn"],
            Protocol=new["protocol"],
            Endpoint=new["endpoint"],
            Attributes=self._settings(new),
            ReturnSubscriptionArn=True,
        )
        new["id"] = answer["SubscriptionArn"]

    def _read(self, state: State) -> State:
        found = self.api.get_subscription_attributes(SubscriptionArn=state["id"])["Attributes"]
        return from_texts(self.block, self.attributes(found))

    def _update(self, prior: State, new: State) -> None:
        for name, value in different(self._settings(prior), self._settings(new)).items():
            self.api.set_subscription_attributes(
                SubscriptionArn=new["id"], AttributeName=name, AttributeValue=value
            )

    def _delete(self, state: State) -> None:
        self.api.unsubscribe(SubscriptionArn=state["id"])

    def _settings(self, new: State) -> dict[str, str]:
        texts = to_texts(self.parameters(new))
        return {n: v for n, v in texts.items() if n not in ("TopicArn", "Protocol", "Endpoint")}
