"""Lambda functions and layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import ProviderError
from ..provider import State
from ..values import UNKNOWN, is_zero
from .resource import AwsResource, changed

_GONE = ("ResourceNotFoundException",)
_CODE = (
    "filename",
    "image_uri",
    "s3_bucket",
    "s3_key",
    "s3_object_version",
    "source_code_hash",
    "source_kms_key_arn",
)
_ZIP = "Zip"
_UNLIMITED = -1
_POLL = {"Delay": 0.05, "MaxAttempts": 600}

# What an update sends for settings that are there no more.
_CLEARED: dict[str, Any] = {
    "DeadLetterConfig": {"TargetArn": ""},
    "Description": "",
    "Environment": {"Variables": {}},
    "KMSKeyArn": "",
    "Layers": [],
    "VpcConfig": {"SecurityGroupIds": [], "SubnetIds": []},
}


class Function(AwsResource):
    type_name = "aws_lambda_function"
    service = "lambda"
    gone = _GONE
    name_attribute = "function_name"
    api_names = {"arn": "FunctionArn", "kms_key_arn": "KMSKeyArn", "source_code_size": "CodeSize"}
    unmapped = (
        *_CODE,
        "architectures",
        "invoke_arn",
        "layers",
        "package_type",
        "publish",
        "qualified_arn",
        "qualified_invoke_arn",
        "reserved_concurrent_executions",
        "response_streaming_invoke_arn",
        "skip_destroy",
        "version",
    )

    def validate(self, config: State) -> None:
        for name in ("handler", "runtime"):
            if config["package_type"] in (None, _ZIP) and is_zero(config[name]):
                raise ProviderError(f"{name} must be set when package_type is Zip", name)

    def plan(self, prior: State | None, planned: State) -> None:
        super().plan(prior, planned)
        if prior is None:
            return
        code = changed(prior, planned, *_CODE, "architectures")
        if code:
            planned["last_modified"] = UNKNOWN
        if planned["publish"] and (code or changed(prior, planned, "publish", *_CONFIGURATION)):
            for name in ("qualified_arn", "qualified_invoke_arn", "version"):
                planned[name] = UNKNOWN

    def _create(self, new: State) -> None:
        self.api.create_function(
            **self._configuration(new),
            Architectures=new["architectures"] or ["x86_64"],
            Code=_code(new),
            PackageType=new["package_type"],
            Publish=new["publish"],
            Tags=new["tags_all"],
        )
        new["id"] = new["function_name"]
        self._wait("function_active_v2", new)
        if new["reserved_concurrent_executions"] != _UNLIMITED:
            self._put_concurrency(new)

    def _read(self, state: State) -> State:
        answer = self.api.get_function(FunctionName=state["id"])
        found = answer["Configuration"]
        arn, version = found["FunctionArn"], self._latest_version(state)
        concurrency = answer.get("Concurrency", {})
        if found.get("SnapStart", {}).get("ApplyOn") == "None":
            del found["SnapStart"]
        return {
            **self.attributes(found),
            "architectures": found.get("Architectures"),
            "invoke_arn": self._invoke_arn(arn),
            "layers": [layer["Arn"] for layer in found.get("Layers", [])],
            "package_type": found.get("PackageType"),
            "qualified_arn": f"{arn}:{version}",
            "qualified_invoke_arn": self._invoke_arn(f"{arn}:{version}"),
            "response_streaming_invoke_arn": self._invoke_arn(
                arn, "2021-11-15", "response-streaming-invocations"
            ),
            "reserved_concurrent_executions": concurrency.get(
                "ReservedConcurrentExecutions", _UNLIMITED
            ),
            "version": version,
            **self.tags(answer.get("Tags", {}), state),
        }

    def _update(self, prior: State, new: State) -> None:
        name = {"FunctionName": new["id"]}
        if changed(prior, new, *_CONFIGURATION):
            self.api.update_function_configuration(**{**_CLEARED, **self._configuration(new)})
            self._wait("function_updated_v2", new)
        if changed(prior, new, *_CODE, "architectures"):
            self.api.update_function_code(
                **name, **_code(new), Architectures=new["architectures"], Publish=new["publish"]
            )
            self._wait("function_updated_v2", new)
        elif new["publish"]:
            self.api.publish_version(**name)
        if changed(prior, new, "reserved_concurrent_executions"):
            if new["reserved_concurrent_executions"] == _UNLIMITED:
                self.api.delete_function_concurrency(**name)
            else:
                self._put_concurrency(new)

    def _delete(self, state: State) -> None:
        if not state["skip_destroy"]:
            self.api.delete_function(FunctionName=state["id"])

    def _tag(self, state: State, tags: dict[str, str]) -> None:
        self.api.tag_resource(Resource=state["arn"], Tags=tags)

    def _untag(self, state: State, keys: list[str]) -> None:
        self.api.untag_resource(Resource=state["arn"], TagKeys=keys)

    def _configuration(self, new: State) -> dict[str, Any]:
        return {**self.parameters(new), "Layers": new["layers"] or []}

    def _wait(self, condition: str, new: State) -> None:
        """Lambda takes no further call about a function before it is done with the last one."""
        self.api.get_waiter(condition).wait(FunctionName=new["id"], WaiterConfig=_POLL)

    def _put_concurrency(self, new: State) -> None:
        self.api.put_function_concurrency(
            FunctionName=new["id"],
            ReservedConcurrentExecutions=new["reserved_concurrent_executions"],
        )

    def _latest_version(self, state: State) -> str:
        if not state["publish"]:
            return "$LATEST"
        versions = self.api.list_versions_by_function(FunctionName=state["id"])["Versions"]
        latest: str = versions[-1]["Version"]
        return latest

    def _invoke_arn(
        self, arn: str, version: str = "2015-03-31", action: str = "invocations"
    ) -> str:
        return (
            f"arn:{self.session.partition}:apigateway:{self.session.region}:lambda:path"
            f"/{version}/functions/{arn}/{action}"
        )


_CONFIGURATION = (
    "dead_letter_config",
    "description",
    "environment",
    "ephemeral_storage",
    "handler",
    "kms_key_arn",
    "layers",
    "logging_config",
    "memory_size",
    "role",
    "runtime",
    "snap_start",
    "timeout",
    "tracing_config",
    "vpc_config",
)


class LayerVersion(AwsResource):
    type_name = "aws_lambda_layer_version"
    service = "lambda"
    gone = _GONE
    name_attribute = "layer_name"
    api_names = {"arn": "LayerVersionArn"}
    unmapped = (*_CODE, "layer_name", "skip_destroy", "source_code_size", "version")

    def _create(self, new: State) -> None:
        answer = self.api.publish_layer_version(
            LayerName=new["layer_name"], Content=_code(new), **self.parameters(new)
        )
        new["id"] = answer["LayerVersionArn"]

    def _read(self, state: State) -> State:
        name, version = state["id"].split(":")[-2:]
        found = self.api.get_layer_version(LayerName=name, VersionNumber=int(version))
        return {
            **self.attributes(found),
            "layer_name": state["layer_name"],
            "source_code_size": found["Content"].get("CodeSize"),
            "version": str(found["Version"]),
        }

    def _delete(self, state: State) -> None:
        if not state["skip_destroy"]:
            name, version = state["id"].split(":")[-2:]
            self.api.delete_layer_version(LayerName=name, VersionNumber=int(version))


def _code(new: State) -> dict[str, Any]:
    if new["filename"]:
        return {"ZipFile": Path(new["filename"]).read_bytes()}
    if new.get("image_uri"):
        return {"ImageUri": new["image_uri"]}
    version = new["s3_object_version"]
    return {
        "S3Bucket": new["s3_bucket"],
        "S3Key": new["s3_key"],
        **({"S3ObjectVersion": version} if version else {}),
    }
