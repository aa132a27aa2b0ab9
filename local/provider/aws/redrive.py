"""The redrive policy of a queue, as a resource of its own."""

from __future__ import annotations

from ..provider import State
from .resource import AwsResource


class RedrivePolicy(AwsResource):
    type_name = "aws_sqs_queue_redrive_policy"
    service = "sqs"
    gone = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")

    def _create(self, new: State) -> None:
        self._set(new["queue_url"], new["redrive_policy"])
        new["id"] = new["queue_url"]

    def _read(self, state: State) -> State | None:
        found = self.api.get_queue_attributes(
            QueueUrl=state["id"], AttributeNames=["RedrivePolicy"]
        ).get("Attributes", {})
        policy = found.get("RedrivePolicy")
        return {"queue_url": state["id"], "redrive_policy": policy} if policy else None

    def _update(self, prior: State, new: State) -> None:
        self._set(new["id"], new["redrive_policy"])

    def _delete(self, state: State) -> None:
        self._set(state["id"], "")

    def _set(self, url: str, policy: str) -> None:
        self.api.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": policy})
