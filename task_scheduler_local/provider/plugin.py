"""Serves providers to Terraform: go-plugin's handshake, the gRPC server and its end."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import grpc

from . import messages
from .provider import Provider
from .service import Method, methods

_COOKIE = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"
_HANDSHAKE = 1
_PROTOCOL = 6
_THREADS = 16
_LONG = 80  # a socket's path may have about 100 bytes
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


def serve(provider: Provider) -> int:
    """Serve until Terraform asks for the end or is gone; returns the exit code."""
    if os.environ.get("TF_PLUGIN_MAGIC_COOKIE") != _COOKIE:
        sys.stderr.write("This is a Terraform provider, to be started by Terraform.\n")
        return 1
    if os.environ.get("PLUGIN_CLIENT_CERT"):
        # Terraform shows what stands in place of the handshake.
        sys.stdout.write("the stand-in provider needs TF_DISABLE_PLUGIN_TLS=1 set for Terraform\n")
        return 1
    # After Ctrl-C, which reaches the whole group, Terraform ends its providers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    terraform = os.getppid()
    finished = threading.Event()
    with _listening(provider, finished.set) as socket:
        sys.stdout.write(f"{_HANDSHAKE}|{_PROTOCOL}|unix|{socket}|grpc|\n")
        sys.stdout.flush()
        while not finished.wait(timeout=1) and os.getppid() == terraform:
            pass
    return 0


def serve_attached(providers: Mapping[str, Provider]) -> int:
    """Serve providers, by source, until standard input ends; returns the exit code.

    Prints the value of TF_REATTACH_PROVIDERS that makes Terraform use this process, where it would
    otherwise start some eight for an apply.
    """
    with ExitStack() as stack:
        attach = {
            source: {
                "Protocol": "grpc",
                "ProtocolVersion": _PROTOCOL,
                "Pid": os.getpid(),
                "Test": True,  # not Terraform's to end
                "Addr": {
                    "Network": "unix",
                    "String": stack.enter_context(_listening(provider, lambda: None)),
                },
            }
            for source, provider in providers.items()
        }
        sys.stdout.write(json.dumps(attach) + "\n")
        sys.stdout.flush()
        sys.stdin.read()
    return 0


@contextmanager
def _listening(provider: Provider, shut_down: Callable[[], None]) -> Iterator[str]:
    """Return a server for the length of the block: the path of its socket."""
    # The folder is this user's alone, so nobody else can connect.
    folder = None if len(tempfile.gettempdir()) < _LONG else f"{os.sep}tmp"
    with tempfile.TemporaryDirectory(prefix="provider-", dir=folder) as folder:
        socket = f"{folder}/socket"
        server = grpc.server(ThreadPoolExecutor(_THREADS), options=_UNLIMITED)
        _add(server, "tfplugin6.Provider", methods(provider))
        _add(server, "plugin.GRPCController", {"Shutdown": _shutdown(shut_down)})
        server.add_insecure_port(f"unix:{socket}")
        server.start()
        yield socket
        server.stop(grace=None)


def _add(server: grpc.Server, service: str, rpcs: dict[str, Method]) -> None:
    handlers: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
        name: grpc.unary_unary_rpc_method_handler(
            method.call,
            request_deserializer=method.request.FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )
        for name, method in rpcs.items()
    }
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler(service, handlers)])


def _shutdown(finish: Callable[[], None]) -> Method:
    def call(request: Any, context: grpc.ServicerContext) -> Any:
        context.add_callback(finish)
        return messages.Empty()

    return Method(messages.Empty, call)
