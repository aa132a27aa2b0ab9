"""taskctl, the operator's command line: a file for each command, imported when it is called.

calendar     when a schedule fires: expressions, firings, time zones
stack        what is deployed: its names, its schedules
tfvars       what is going to be deployed
options      options that several commands have
output       tables and lines: for a terminal, as plain text, as JSON
aws, terraform, errors
"""
