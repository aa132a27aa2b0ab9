# What each test gets that says nothing else.

aws = {
  account    = "123456789012"
  region     = "eu-west-1"
  partition  = "aws"
  dns_suffix = "amazonaws.com"
}
prefix              = "nightly"
archives            = "./.task-scheduler/nightly"
runs_dead_letters   = { name = "nightly-runs-dead-letter", arn = "arn:aws:sqs:eu-west-1:123456789012:nightly-runs-dead-letter", url = "https://runs-dead" }
task_objects        = []
has_generators      = false
has_followers       = false
ledger_table        = "nightly-ledger"
ledger_retention    = 34560000
deduplication       = false
message_retention   = 345600
outcome_retention   = 1555200
task_code_dir       = "../../tasks"
runtime_dir         = "../../lambda_src"
runtime_lock        = "../../requirements/runtime.txt"
layer_dir           = "../../tests/module/code/dependencies"
layer_zip           = null
package_bucket      = null
runtime             = "python3.12"
architecture        = "x86_64"
send_task           = { timeout = 30, memory = 256 }
notify              = null
metrics_by_schedule = false
log_retention_days  = 14
log_level           = "INFO"
tracing             = false
roles               = { names = { send_task = "nightly-eu-west-1-send-task", run_task = "nightly-eu-west-1-run-task", keep_runs = "nightly-eu-west-1-keep-runs" }, path = "/", permissions_boundary = null }
kms_key_arn         = null
tags                = { team = "data" }

workers = {
  default = {
    queue = {
      tasks            = { name = "nightly-tasks", arn = "arn:aws:sqs:eu-west-1:123456789012:nightly-tasks", url = "https://tasks" }
      dead_letters     = { name = "nightly-tasks-dead-letter", arn = "arn:aws:sqs:eu-west-1:123456789012:nightly-tasks-dead-letter", url = "https://tasks-dead" }
      event_source_arn = "arn:aws:sqs:eu-west-1:123456789012:nightly-tasks"
    }
    fifo                 = false
    visibility_timeout   = 360
    max_receive_count    = 13
    timeout              = 60
    memory               = 512
    storage              = 512
    batch_size           = 7
    batch_window         = 3
    task_concurrency     = 4
    maximum_concurrency  = 5
    layers               = []
    vpc                  = null
    environment          = {}
    secrets              = {}
    secrets_kms_key_arns = []
    policy_statements    = []
    policy_arns          = {}
  }
}
