"""The messages of Terraform's plugin protocol, version 6, as far as the stand-ins use them.

Built at import from the table below through protobuf's descriptors, so nothing has to be generated.
Field numbers are those of tfplugin6.proto and of go-plugin's grpc_controller.proto; fields that are
not listed are skipped by protobuf when they arrive. An enumeration travels like an int32, and a map
like a repeated message of key and value: that is how they are written here.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PACKAGE = "tfplugin6"

_MESSAGES = {
    "Empty": "",
    "DynamicValue": "bytes msgpack = 1; bytes json = 2",
    "Step": "string attribute_name = 1",
    "AttributePath": "repeated Step steps = 1",
    "Diagnostic": (
        "int32 severity = 1; string summary = 2; string detail = 3; AttributePath attribute = 4"
    ),
    "Diagnostics": "repeated Diagnostic diagnostics = 1",
    # Schemas
    "Attribute": (
        "string name = 1; bytes type = 2; bool required = 4; bool optional = 5; bool computed = 6;"
        "bool sensitive = 7; bool deprecated = 9"
    ),
    "NestedBlock": (
        "string type_name = 1; Block block = 2; int32 nesting = 3; int64 min_items = 4;"
        "int64 max_items = 5"
    ),
    "Block": (
        "int64 version = 1; repeated Attribute attributes = 2;"
        "repeated NestedBlock block_types = 3; bool deprecated = 6"
    ),
    "Schema": "int64 version = 1; Block block = 2",
    "NamedSchema": "string key = 1; Schema value = 2",
    "ServerCapabilities": "bool get_provider_schema_optional = 2",
    "GetProviderSchema": (
        "Schema provider = 1; repeated NamedSchema resource_schemas = 2;"
        "repeated NamedSchema data_source_schemas = 3; repeated Diagnostic diagnostics = 4;"
        "ServerCapabilities server_capabilities = 6"
    ),
    # The provider itself
    "ValidateProviderConfigRequest": "DynamicValue config = 1",
    "ValidateProviderConfigResponse": "repeated Diagnostic diagnostics = 2",
    "ConfigureProviderRequest": "string terraform_version = 1; DynamicValue config = 2",
    "StopProviderResponse": "string error = 1",
    # Resources and data sources
    "ValidateRequest": "string type_name = 1; DynamicValue config = 2",
    "RawState": "bytes json = 1",
    "UpgradeRequest": "string type_name = 1; int64 version = 2; RawState raw_state = 3",
    "UpgradeResponse": "DynamicValue upgraded_state = 1; repeated Diagnostic diagnostics = 2",
    "ReadRequest": "string type_name = 1; DynamicValue current_state = 2",
    "ReadResponse": "DynamicValue new_state = 1; repeated Diagnostic diagnostics = 2",
    "PlanRequest": "string type_name = 1; DynamicValue prior_state = 2; DynamicValue config = 4",
    "PlanResponse": (
        "DynamicValue planned_state = 1; repeated AttributePath requires_replace = 2;"
        "repeated Diagnostic diagnostics = 4; bool legacy_type_system = 5"
    ),
    "ApplyRequest": (
        "string type_name = 1; DynamicValue prior_state = 2; DynamicValue planned_state = 3"
    ),
    "ApplyResponse": (
        "DynamicValue new_state = 1; repeated Diagnostic diagnostics = 3;"
        "bool legacy_type_system = 4"
    ),
    "ReadDataSourceRequest": "string type_name = 1; DynamicValue config = 2",
    "ReadDataSourceResponse": "DynamicValue state = 1; repeated Diagnostic diagnostics = 2",
}

_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "bool": _Field.TYPE_BOOL,
    "bytes": _Field.TYPE_BYTES,
    "int32": _Field.TYPE_INT32,
    "int64": _Field.TYPE_INT64,
    "string": _Field.TYPE_STRING,
}


def _build() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(
        name="local_provider.proto", package=_PACKAGE, syntax="proto3"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for text in filter(None, fields.split(";")):
            *repeated, kind, field_name, _, number = text.split()
            field = message.field.add(
                name=field_name,
                number=int(number),
                label=_Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL,
            )
            if kind in _SCALARS:
                field.type = _SCALARS[kind]
            else:
                field.type = _Field.TYPE_MESSAGE
                field.type_name = f".{_PACKAGE}.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
        for name in _MESSAGES
    }


_classes = _build()


def __getattr__(name: str) -> Any:
    """Return the message class of that name, so that `messages.Schema` works."""
    try:
        return _classes[name]
    except KeyError:
        raise AttributeError(f"no message named {name}") from None
