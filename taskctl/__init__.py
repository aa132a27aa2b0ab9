"""taskctl, the operator's command line: a file for each command, imported when it is called.

No command imports another. What they share, each module importing only from those below it:

run_table          runs and their tasks: rows of a table, lines of text
history            what the lines of the log add up to: runs
log_lines          what the functions wrote into their logs
dead_letter_queue  letters taken out without losing any
letters            what lies in the dead-letter queues, and how it is sent again
invoke             a function invoked, for its answer or as Scheduler does
cost_basis         what a price depends on, deployed or written down
pricing            AWS's prices, and what firings cost
stack              what is deployed: its names, its schedules
tfvars             what is going to be deployed
task_code          task code of this machine, importable
task_lists         how many tasks a schedule has
schedule           a schedule, deployed or written down
calendar           when a schedule fires: expressions, firings, time zones
terraform          the user's Terraform
aws                AWS by the usual environment, its refusals in one sentence
output             tables and lines: for a terminal, as plain text, as JSON
options            options that several commands have
times              points in time as a user writes them
errors             what a user can put right
"""
