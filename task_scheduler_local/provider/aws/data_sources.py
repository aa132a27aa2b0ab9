"""Data sources: the account, the region, the partition, names of services, versions of layers."""

from __future__ import annotations

from ..errors import ProviderError
from ..provider import State
from ..schema import load
from . import mapping
from .resource import FACTS
from .session import Session


def _reversed(name: str) -> str:
    """Return the parts of a host's name from the last to the first."""
    return ".".join(reversed(name.split(".")))


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


class LayerVersion:
    type_name = "aws_lambda_layer_version"
    block = load(FACTS / "data_aws_lambda_layer_version.json")

    def __init__(self, session: Session) -> None:
        self._session = session

    def validate(self, config: State) -> None:
        if config["version"] is None:
            raise ProviderError(
                "the stand-in for hashicorp/aws looks for no latest version: set version", "version"
            )

    def read(self, config: State) -> State:
        from botocore.exceptions import BotoCoreError, ClientError

        name, version = config["layer_name"], int(config["version"])
        try:
            with self._session.at(config["region"]):
                found = self._session.client("lambda").get_layer_version(
                    LayerName=name, VersionNumber=version
                )
        except (BotoCoreError, ClientError) as error:
            raise ProviderError(
                f"reading Lambda Layer ({name}) Version ({version}): {error}"
            ) from error
        return {
            **mapping.from_api(
                self.block, found | found["Content"], _LAYER_NAMES, _LAYER_CONFIGURED
            ),
            "compatible_architecture": config["compatible_architecture"],
            "compatible_runtime": config["compatible_runtime"],
            "layer_name": name,
            "region": config["region"] or self._session.region,
            "version": version,
        }


_LAYER_NAMES = {
    "arn": "LayerVersionArn",
    "id": "LayerVersionArn",
    "source_code_hash": "CodeSha256",
    "source_code_size": "CodeSize",
}
_LAYER_CONFIGURED = (
    "compatible_architecture",
    "compatible_runtime",
    "layer_name",
    "region",
    "version",
)


class Partition:
    type_name = "aws_partition"
    block = load(FACTS / "data_aws_partition.json")

    def __init__(self, session: Session) -> None:
        self._session = session

    def validate(self, config: State) -> None:
        pass

    def read(self, config: State) -> State:
        return {
            "dns_suffix": self._session.dns_suffix,
            "id": self._session.partition,
            "partition": self._session.partition,
            "reverse_dns_prefix": _reversed(self._session.dns_suffix),
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


class Service:
    type_name = "aws_service"
    block = load(FACTS / "data_aws_service.json")

    def __init__(self, session: Session) -> None:
        self._session = session

    def validate(self, config: State) -> None:
        for name in ("dns_name", "reverse_dns_name", "reverse_dns_prefix"):
            if config[name] is not None:
                raise ProviderError(
                    f"the stand-in for hashicorp/aws tells {name} and takes none: set service_id",
                    name,
                )
        if config["service_id"] is None:
            raise ProviderError("service ID not provided directly or through a DNS name")

    def read(self, config: State) -> State:
        service, region = config["service_id"], config["region"] or self._session.region
        prefix = _reversed(self._session.dns_suffix)  # the provider's, whatever the region is
        with self._session.at(region):
            partition = self._session.partition
        reverse_dns_name = f"{prefix}.{region}.{service}"
        return {
            "dns_name": _reversed(reverse_dns_name).lower(),
            "id": reverse_dns_name,
            "partition": partition,
            "region": region,
            "reverse_dns_name": reverse_dns_name,
            "reverse_dns_prefix": prefix,
            "service_id": service,
            "supported": True,
        }
