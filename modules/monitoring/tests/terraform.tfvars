# What each test gets that says nothing else.

aws = {
  account    = "123456789012"
  region     = "eu-west-1"
  partition  = "aws"
  dns_suffix = "amazonaws.com"
}
prefix = "nightly"
queues = {
  tasks              = { name = "nightly-tasks" }
  tasks_dead_letters = { name = "nightly-tasks-dead-letter" }
  runs_dead_letters  = { name = "nightly-runs-dead-letter" }
}
message_retention     = 345600
dead_letter_retention = 1209600
longest_wait          = null
functions = {
  send_task = { name = "nightly-send-task", timeout = 30, log_group = "/aws/lambda/nightly-send-task" }
  run_task  = { name = "nightly-run-task", timeout = 60, log_group = "/aws/lambda/nightly-run-task" }
  keep_runs = { name = "nightly-keep-runs", log_group = "/aws/lambda/nightly-keep-runs" }
}
schedule_group       = "nightly"
watched              = false
chat                 = false
early_warnings       = false
queries              = false
dashboard            = null
topic                = null
emails               = []
kms_key_arn          = null
tags                 = { team = "data" }
workers              = {}
workers_dead_letters = null
