"""Crontabs, and what they become here. `taskctl import crontab` puts it together.

reading      jobs and environment from the lines of a crontab
fields       the five fields of cron
date_tests   tests of the date that stand in front of a command
expressions  expressions of AWS from fields and tests
requests     `curl` and `wget` as the built-in tasks
names        names of schedules and tasks from commands
translation  a schedule, and the task that it runs, for each job
differences  times at which cron and Scheduler differ
tfvars       the schedules as HCL
task_file    the tasks as Python
"""
