"""Tables."""

from __future__ import annotations

from typing import Any

from ..errors import ProviderError
from ..provider import State
from ..values import UNKNOWN, is_known
from .resource import AwsResource, changed, tag_list, tag_map

_ON_DEMAND = "PAY_PER_REQUEST"
_PROVISIONED = "PROVISIONED"
_STANDARD = "STANDARD"
_POLL = {"Delay": 0.05, "MaxAttempts": 600}


class Table(AwsResource):
    type_name = "aws_dynamodb_table"
    service = "dynamodb"
    gone = ("ResourceNotFoundException",)

    def validate(self, config: State) -> None:
        _refuse_capacity(config)
        for ttl in config["ttl"] if is_known(config["ttl"]) else ():
            if ttl["enabled"] and not ttl["attribute_name"]:
                raise ProviderError("ttl.attribute_name must be set when ttl is enabled", "ttl")

    def plan(self, prior: State | None, planned: State) -> None:
        super().plan(prior, planned)
        _refuse_unindexed(planned)
        if prior is None and planned["table_class"] == _STANDARD:
            planned["table_class"] = None  # as the real provider shows it before it is there
        for option in ("point_in_time_recovery", "server_side_encryption"):
            # Off and not there at all are the same.
            if prior and not _enabled(prior[option]) and not _enabled(planned[option]):
                planned[option] = prior[option]

    def _create(self, new: State) -> None:
        keys = {"HASH": new["hash_key"], "RANGE": new["range_key"]}
        attributes = new["attribute"] or ()
        self.api.create_table(
            TableName=new["name"],
            KeySchema=[{"AttributeName": n, "KeyType": kind} for kind, n in keys.items() if n],
            AttributeDefinitions=[
                {"AttributeName": a["name"], "AttributeType": a["type"]} for a in attributes
            ],
            DeletionProtectionEnabled=bool(new["deletion_protection_enabled"]),
            TableClass=new["table_class"] or _STANDARD,
            Tags=tag_list(new["tags_all"]),
            **_throughput(new),
            **_encryption(new),
        )
        new["id"] = new["name"]
        self._wait(new)
        if new["ttl"]:
            self._put_time_to_live(new)
        if new["point_in_time_recovery"]:
            self._put_recovery(new)

    def _read(self, state: State) -> State:
        name = {"TableName": state["id"]}
        table = self.api.describe_table(**name)["Table"]
        keys = {key["KeyType"]: key["AttributeName"] for key in table["KeySchema"]}
        ttl = self.api.describe_time_to_live(**name)["TimeToLiveDescription"]
        backups = self.api.describe_continuous_backups(**name)["ContinuousBackupsDescription"]
        recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
        encryption = table.get("SSEDescription", {})
        throughput = table.get("ProvisionedThroughput", {})
        tags = self.api.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]
        return {
            "arn": table["TableArn"],
            "attribute": [
                {"name": a["AttributeName"], "type": a["AttributeType"]}
                for a in table["AttributeDefinitions"]
            ],
            "billing_mode": table.get("BillingModeSummary", {}).get("BillingMode", _PROVISIONED),
            "deletion_protection_enabled": table.get("DeletionProtectionEnabled", False),
            "hash_key": keys["HASH"],
            "name": table["TableName"],
            "point_in_time_recovery": [{"enabled": recovery == "ENABLED"}],
            "range_key": keys.get("RANGE"),
            "read_capacity": throughput.get("ReadCapacityUnits", 0),
            "server_side_encryption": [
                {"enabled": True, "kms_key_arn": encryption.get("KMSMasterKeyArn")}
            ]
            if encryption.get("Status") == "ENABLED"
            else [],
            "table_class": table.get("TableClassSummary", {}).get("TableClass", _STANDARD),
            "ttl": [
                {
                    "attribute_name": ttl.get("AttributeName", ""),
                    "enabled": ttl["TimeToLiveStatus"] in ("ENABLED", "ENABLING"),
                }
            ],
            "write_capacity": throughput.get("WriteCapacityUnits", 0),
            **self.tags(tag_map(tags), state),
        }

    def _update(self, prior: State, new: State) -> None:
        settings: dict[str, Any] = {}
        if changed(prior, new, "billing_mode", "read_capacity", "write_capacity"):
            settings |= _throughput(new)
        if changed(prior, new, "deletion_protection_enabled"):
            settings["DeletionProtectionEnabled"] = bool(new["deletion_protection_enabled"])
        if changed(prior, new, "table_class"):
            settings["TableClass"] = new["table_class"]
        if changed(prior, new, "server_side_encryption"):
            settings |= _encryption(new) or {"SSESpecification": {"Enabled": False}}
        if settings:
            self.api.update_table(TableName=new["id"], **settings)
            self._wait(new)
        if changed(prior, new, "ttl"):
            self._put_time_to_live(new)
        if changed(prior, new, "point_in_time_recovery"):
            self._put_recovery(new)

    def _delete(self, state: State) -> None:
        self.api.delete_table(TableName=state["id"])
        self.api.get_waiter("table_not_exists").wait(TableName=state["id"], WaiterConfig=_POLL)

    def _tag(self, state: State, tags: dict[str, str]) -> None:
        self.api.tag_resource(ResourceArn=state["arn"], Tags=tag_list(tags))

    def _untag(self, state: State, keys: list[str]) -> None:
        self.api.untag_resource(ResourceArn=state["arn"], TagKeys=keys)

    def _wait(self, new: State) -> None:
        self.api.get_waiter("table_exists").wait(TableName=new["id"], WaiterConfig=_POLL)

    def _put_time_to_live(self, new: State) -> None:
        for ttl in new["ttl"]:
            self.api.update_time_to_live(
                TableName=new["id"],
                TimeToLiveSpecification={
                    "AttributeName": ttl["attribute_name"],
                    "Enabled": ttl["enabled"],
                },
            )

    def _put_recovery(self, new: State) -> None:
        for recovery in new["point_in_time_recovery"]:
            self.api.update_continuous_backups(
                TableName=new["id"],
                PointInTimeRecoverySpecification={
                    "PointInTimeRecoveryEnabled": recovery["enabled"]
                },
            )


def _refuse_unindexed(planned: State) -> None:
    """Every attribute has to be a key, and every key an attribute."""
    attributes, keys = planned["attribute"], [planned["hash_key"], planned["range_key"]]
    if attributes is UNKNOWN:  # not given at all, as far as the real provider looks
        attributes = []
    if not is_known(attributes):
        return
    names = {attribute["name"] for attribute in attributes}
    indexed = {key for key in keys if isinstance(key, str) and key}
    if names - indexed:
        raise ProviderError(
            f"all attributes must be indexed. Unused attributes: {sorted(names - indexed)}"
        )
    if indexed - names:
        raise ProviderError(
            "all indexes must match a defined attribute. Unmatched indexes: "
            f"{sorted(indexed - names)}"
        )


def _refuse_capacity(config: State) -> None:
    mode = config["billing_mode"]
    for name in ("read_capacity", "write_capacity"):
        capacity = config[name]
        if capacity is UNKNOWN or capacity is None:
            continue
        if mode == _PROVISIONED and capacity < 1:
            raise ProviderError(f"{name} must be at least 1 when billing_mode is {mode}", name)
        if mode == _ON_DEMAND and capacity:
            raise ProviderError(f"{name} can not be set when billing_mode is {mode}", name)


def _enabled(option: Any) -> bool:
    return option is UNKNOWN or any(block["enabled"] for block in option)


def _throughput(new: State) -> dict[str, Any]:
    if new["billing_mode"] != _PROVISIONED:
        return {"BillingMode": new["billing_mode"]}
    return {
        "BillingMode": _PROVISIONED,
        "ProvisionedThroughput": {
            "ReadCapacityUnits": new["read_capacity"] or 0,
            "WriteCapacityUnits": new["write_capacity"] or 0,
        },
    }


def _encryption(new: State) -> dict[str, Any]:
    for block in new["server_side_encryption"] or ():
        key = {"KMSMasterKeyId": block["kms_key_arn"]} if block["kms_key_arn"] else {}
        kind = {"SSEType": "KMS"} if block["enabled"] else {}
        return {"SSESpecification": {"Enabled": block["enabled"], **kind, **key}}
    return {}
