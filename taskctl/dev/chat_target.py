"""Send the notifications of an instance to the chat service of this machine."""

from __future__ import annotations

from task_scheduler_local.chat import Chat
from task_scheduler_local.dev.instances import Instance
from taskctl import aws


def connect(instance: Instance, chat: Chat) -> None:
    """Put the chat's address where the instance's function looks for addresses.

    The real ones are at AWS; one that the root itself writes there is replaced.
    """
    if instance.parameter:
        aws.client("ssm").put_parameter(
            Name=instance.parameter, Type="SecureString", Value=chat.url, Overwrite=True
        )
    if instance.secret:
        secrets = aws.client("secretsmanager")
        try:
            secrets.create_secret(Name=instance.secret, SecretString=chat.url)
        except secrets.exceptions.ResourceExistsException:
            secrets.put_secret_value(SecretId=instance.secret, SecretString=chat.url)
