"""taskctl, the operator's command line: a file for each command, imported when it is called."""
