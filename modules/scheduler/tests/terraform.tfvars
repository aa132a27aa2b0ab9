# What each test gets that says nothing else.

aws = {
  account    = "123456789012"
  region     = "eu-west-1"
  partition  = "aws"
  dns_suffix = "amazonaws.com"
}
prefix                = "nightly"
timezone              = "Europe/Berlin"
task_code_dir         = "../../tasks"
send_task_arn         = "arn:aws:lambda:eu-west-1:123456789012:function:nightly-send-task"
keep_runs_arn         = "arn:aws:lambda:eu-west-1:123456789012:function:nightly-keep-runs"
dead_letter_queue_arn = "arn:aws:sqs:eu-west-1:123456789012:nightly-runs-dead-letter"
notify_on             = null
kms_key_arn           = null
roles                 = { names = { scheduler = "nightly-eu-west-1-scheduler" }, path = "/", permissions_boundary = null }
tags                  = { team = "data" }

schedules = {
  plain = {
    expression       = "rate(1 hour)"
    enabled          = true
    tasks            = ["one"]
    retries          = 2
    delivery_retries = 3
    delivery_max_age = 3600
  }
}
workers           = ["default", "big"]
fifo_workers      = []
message_retention = 345600
