# Two instances in one account, as child modules.

provider "aws" {}

module "day" {
  source = "../../../.."

  prefix        = "day"
  task_code_dir = "${path.module}/../outcomes/tasks"
  schedules     = local.schedules
}

module "night" {
  source = "../../../.."

  prefix        = "night"
  task_code_dir = "${path.module}/../outcomes/tasks"
  schedules     = local.schedules
}

locals {
  schedules = {
    yearly = { expression = "rate(365 days)", tasks = ["nothing to do"] }
  }
}
