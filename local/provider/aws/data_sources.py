"""Who, where and in which partition."""

from __future__ import annotations

from ..provider import State
from ..schema import load
from .resource import FACTS
from .session import Session


class CallerIdentity:
    type_name = "aws_caller_identity"
    block = load(FACTS / "data_aws_caller_identity.json")

    def __init__(self, session: Session) -> None:
        self._session = session

    def validate(self, config: State) -> None:
        pass

    def read(self, config: State) -> State:
        found = self._session.identity()
        return {
            "account_id": found["Account"],
            "arn": found["Arn"],
            "id": found["Account"],
            "user_id": found["UserId"],
        }


class Partition:
    type_name = "aws_partition"
    block = load(FACTS / "data_aws_partition.json")

    def __init__(self, session: Session) -> None:
        self._session = session

    def validate(self, config: State) -> None:
        pass

    def read(self, config: State) -> State:
        return {
            "dns_suffix": "amazonaws.com",
            "id": self._session.partition,
            "partition": self._session.partition,
            "reverse_dns_prefix": "com.amazonaws",
        }


class Region:
    type_name = "aws_region"
    block = load(FACTS / "data_aws_region.json")

    def __init__(self, session: Session) -> None:
        self._session = session

    def validate(self, config: State) -> None:
        pass

    def read(self, config: State) -> State:
        name = config["name"] or self._session.region
        return {"description": name, "id": name, "name": name}
