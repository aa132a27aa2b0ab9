# What the faults strike at: the module, with tasks that write down themselves what they did.

provider "aws" {}

module "task_scheduler" {
  source = "../../../.."

  prefix              = "faults"
  timezone            = "UTC"
  task_code_dir       = "${path.module}/tasks"
  maximum_concurrency = 2
  notify              = { ssm_parameter = "/faults/chat" }

  schedules = {
    never = { expression = "rate(365 days)", tasks = ["nothing to do"] }
  }
}
