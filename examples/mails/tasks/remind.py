"""Sends a reminder to a member; its arguments are the columns of members.csv."""

import os

import boto3

from task_scheduler import task


@task("remind")
def remind(address: str, name: str, due: float) -> str:
    """Send one mail."""
    text = f"Dear {name},\n\n{due:.2f} USD are due this month."
    boto3.client("ses").send_email(
        Source=os.environ["SENDER"],
        Destination={"ToAddresses": [address]},
        Message={"Subject": {"Data": "Reminder"}, "Body": {"Text": {"Data": text}}},
    )
    return f"{name}: {due:.2f}"
