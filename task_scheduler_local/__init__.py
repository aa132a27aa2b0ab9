"""Run the module on this machine: emulator, Terraform, stand-in providers, demo."""


class LocalError(Exception):
    """One sentence for the user: what went wrong and what to do about it."""
