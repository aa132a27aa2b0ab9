"""Buckets and objects."""

from __future__ import annotations

from base64 import b64decode
from pathlib import Path
from typing import Any

from ..errors import ProviderError
from ..provider import State
from ..values import UNKNOWN
from .resource import AwsResource, changed, generated_name, tag_list, tag_map

_GONE = ("404", "NoSuchBucket", "NoSuchKey")
_HOME = "us-east-1"
_HOME_ZONE = "Z3AQBSTGFYJSTF"  # of the website endpoints in us-east-1


class Bucket(AwsResource):
    type_name = "aws_s3_bucket"
    service = "s3"
    gone = _GONE
    name_attribute = "bucket"

    def create(self, new: State) -> None:
        if not new["bucket"]:
            new["bucket"] = generated_name(new["bucket_prefix"])
        super().create(new)

    def _create(self, new: State) -> None:
        region = self.session.region
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self.api.create_bucket(Bucket=new["bucket"], **(elsewhere if region != _HOME else {}))
        new["id"] = new["bucket"]
        if new["tags_all"]:
            self._tag(new, new["tags_all"])

    def _read(self, state: State) -> State:
        name, region, suffix = state["id"], self.session.region, self.session.dns_suffix
        self.api.head_bucket(Bucket=name)
        return {
            "arn": f"arn:{self.session.partition}:s3:::{name}",
            "bucket": name,
            "bucket_domain_name": f"{name}.s3.{suffix}",
            "bucket_region": region,
            "bucket_regional_domain_name": f"{name}.s3.{region}.{suffix}",
            "hosted_zone_id": _HOME_ZONE if region == _HOME else None,
            "region": region,
            **self.tags(self._found_tags(name), state),
        }

    def _delete(self, state: State) -> None:
        name = state["id"]
        if state["force_destroy"]:
            for page in self.api.get_paginator("list_object_versions").paginate(Bucket=name):
                for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                    self.api.delete_object(
                        Bucket=name, Key=item["Key"], VersionId=item["VersionId"]
                    )
        self.api.delete_bucket(Bucket=name)

    def _tag(self, state: State, tags: dict[str, str]) -> None:
        every = {**self._found_tags(state["id"]), **tags}
        self.api.put_bucket_tagging(Bucket=state["id"], Tagging={"TagSet": tag_list(every)})

    def _untag(self, state: State, keys: list[str]) -> None:
        left = {k: v for k, v in self._found_tags(state["id"]).items() if k not in keys}
        self.api.put_bucket_tagging(Bucket=state["id"], Tagging={"TagSet": tag_list(left)})

    def _found_tags(self, name: str) -> dict[str, str]:
        from botocore.exceptions import ClientError

        try:
            return tag_map(self.api.get_bucket_tagging(Bucket=name)["TagSet"])
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchTagSet":
                return {}
            raise


class Object(AwsResource):
    type_name = "aws_s3_object"
    service = "s3"
    gone = _GONE
    name_attribute = "key"
    api_names = {"etag": "ETag", "kms_key_id": "SSEKMSKeyId"}
    unmapped = (
        "arn",
        "bucket",
        "content",
        "content_base64",
        "etag",
        "force_destroy",
        "key",
        "source",
        "source_hash",
    )

    def validate(self, config: State) -> None:
        metadata = config["metadata"]
        if isinstance(metadata, dict) and any(key != key.lower() for key in metadata):
            raise ProviderError("metadata: keys must be in lower case", "metadata")

    def plan(self, prior: State | None, planned: State) -> None:
        super().plan(prior, planned)
        if prior is None:
            return
        if changed(prior, planned, *_CONTENT):
            planned["version_id"] = UNKNOWN
        if changed(prior, planned, "source_hash"):
            planned["etag"] = UNKNOWN

    def _create(self, new: State) -> None:
        self._put(new)
        new["id"] = new["key"]

    def _read(self, state: State) -> State:
        place = _place(state)
        found = self.api.head_object(**place)
        tags = self.api.get_object_tagging(**place)["TagSet"]
        return {
            **self.attributes({"StorageClass": "STANDARD", **found}),
            "arn": f"arn:{self.session.partition}:s3:::{state['bucket']}/{state['key']}",
            "etag": found["ETag"].strip('"'),
            **self.tags(tag_map(tags), state),
        }

    def _update(self, prior: State, new: State) -> None:
        if changed(prior, new, *_CONTENT):
            self._put(new)

    def _delete(self, state: State) -> None:
        self.api.delete_object(**_place(state))

    def _tag(self, state: State, tags: dict[str, str]) -> None:
        self._put_tags(state)

    def _untag(self, state: State, keys: list[str]) -> None:
        self._put_tags(state)

    def _put(self, new: State) -> None:
        self.api.put_object(**_place(new), **self.parameters(new), Body=_body(new))
        self._put_tags(new)

    def _put_tags(self, new: State) -> None:
        tags = tag_list(self._all_tags(new))
        self.api.put_object_tagging(**_place(new), Tagging={"TagSet": tags})


_CONTENT = (
    "cache_control",
    "content",
    "content_base64",
    "content_disposition",
    "content_encoding",
    "content_language",
    "content_type",
    "etag",
    "kms_key_id",
    "metadata",
    "server_side_encryption",
    "source",
    "source_hash",
    "storage_class",
)


def _place(state: State) -> dict[str, Any]:
    return {"Bucket": state["bucket"], "Key": state["key"]}


def _body(new: State) -> bytes:
    if new["source"]:
        return Path(new["source"]).read_bytes()
    if new["content_base64"]:
        return b64decode(new["content_base64"])
    return (new["content"] or "").encode()
