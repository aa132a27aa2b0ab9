"""Queues and their redrive policies."""

from __future__ import annotations

from ..provider import State
from .mapping import different, from_texts, to_texts
from .resource import (
    AwsResource,
    generated_name,
    refuse_fifo_mismatch,
    refuse_fifo_settings,
)

_DATA_KEY_REUSE_SECONDS = 300  # SQS's own default, which it does not always tell
_GONE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")


class Queue(AwsResource):
    type_name = "aws_sqs_queue"
    service = "sqs"
    gone = _GONE
    api_names = {
        "arn": "QueueArn",
        "max_message_size": "MaximumMessageSize",
        "message_retention_seconds": "MessageRetentionPeriod",
        "receive_wait_time_seconds": "ReceiveMessageWaitTimeSeconds",
        "visibility_timeout_seconds": "VisibilityTimeout",
    }
    unmapped = ("name", "url")

    def plan(self, prior: State | None, planned: State) -> None:
        super().plan(prior, planned)
        if prior is None:
            refuse_fifo_mismatch("queue", planned, longest=80)
            if planned["sqs_managed_sse_enabled"] is True:
                planned["kms_data_key_reuse_period_seconds"] = 0  # SQS's own keys have none
        refuse_fifo_settings(
            "queue", planned, content_based_deduplication="content-based deduplication"
        )

    def _generated_name(self, new: State) -> str:
        return generated_name(new["name_prefix"], ".fifo" if new["fifo_queue"] else "")

    def _create(self, new: State) -> None:
        new["id"] = self.api.create_queue(
            QueueName=new["name"], Attributes=self._settings(new), tags=new["tags_all"]
        )["QueueUrl"]

    def _read(self, state: State) -> State:
        url = state["id"]
        found = self.api.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        tags = self.api.list_queue_tags(QueueUrl=url).get("Tags", {})
        found.setdefault("KmsDataKeyReusePeriodSeconds", str(_DATA_KEY_REUSE_SECONDS))
        return {
            **from_texts(self.block, self.attributes(found)),
            "name": url.rsplit("/", 1)[1],
            "url": url,
            **self.tags(tags, state),
        }

    def _update(self, prior: State, new: State) -> None:
        if settings := different(self._settings(prior), self._settings(new)):
            self.api.set_queue_attributes(QueueUrl=new["id"], Attributes=settings)

    def _delete(self, state: State) -> None:
        self.api.delete_queue(QueueUrl=state["id"])

    def _tag(self, state: State, tags: dict[str, str]) -> None:
        self.api.tag_queue(QueueUrl=state["id"], Tags=tags)

    def _untag(self, state: State, keys: list[str]) -> None:
        self.api.untag_queue(QueueUrl=state["id"], TagKeys=keys)

    def _settings(self, new: State) -> dict[str, str]:
        """Queue attributes; those of FIFO queues are refused by AWS on any other."""
        fifo_only = () if new["fifo_queue"] else ("FifoQueue", "ContentBasedDeduplication")
        unset = (
            () if new["kms_data_key_reuse_period_seconds"] else ("KmsDataKeyReusePeriodSeconds",)
        )
        texts = to_texts(self.parameters(new))
        return {name: text for name, text in texts.items() if name not in (*fifo_only, *unset)}


class RedrivePolicy(AwsResource):
    """The redrive policy of a queue as a resource of its own."""

    type_name = "aws_sqs_queue_redrive_policy"
    service = "sqs"
    gone = _GONE
    name_attribute = "queue_url"

    def _create(self, new: State) -> None:
        self._set(new["queue_url"], new["redrive_policy"])
        new["id"] = new["queue_url"]

    def _read(self, state: State) -> State | None:
        url = state["id"]
        answer = self.api.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])
        policy = answer.get("Attributes", {}).get("RedrivePolicy")
        return {"queue_url": url, "redrive_policy": policy} if policy else None

    def _update(self, prior: State, new: State) -> None:
        self._set(new["id"], new["redrive_policy"])

    def _delete(self, state: State) -> None:
        self._set(state["id"], "")

    def _set(self, url: str, policy: str) -> None:
        self.api.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
