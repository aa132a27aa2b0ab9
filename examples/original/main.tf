# The CDK lab project that this module re-creates, with its values wherever they differ from ours:
# the README says what each of them costs. Only its deduplication by content is left out: with it, a
# second run within five minutes delivered nothing.

provider "aws" {}

module "task_scheduler" {
  source = "../.."

  prefix    = "cdklab"
  timezone  = "Asia/Taipei"
  layer_dir = var.layer_dir

  # A task that runs for as long as its function may is delivered again while it is still running.
  run_task_timeout   = 60
  visibility_timeout = 60

  # A task that is not done after 15 minutes is lost.
  message_retention = 900

  fifo              = true
  receive_wait_time = 0
  batch_size        = 1

  schedules = {
    hello = {
      expression       = "at(2037-12-31T23:59:59)"
      tasks            = ["Hello from Lambda #1!", "Hello from Lambda #2!"]
      delivery_retries = 3
      delivery_max_age = 3600
    }
  }
}
