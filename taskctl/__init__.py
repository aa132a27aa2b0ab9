"""taskctl, the operator's command line: a file for each command, imported when it is called.

calendar     when a schedule fires: expressions, firings, time zones
stack        what is deployed: its names, its schedules
records      what the functions wrote into their logs
history      what the records add up to: runs
letters      what lies in the dead-letter queues
tfvars       what is going to be deployed
options      options that several commands have
output       tables and lines: for a terminal, as plain text, as JSON
aws, terraform, errors
"""
