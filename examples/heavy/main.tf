# A heavy job beside light ones: a worker with more memory, more time and more room in /tmp.

provider "aws" {}

module "task_scheduler" {
  source = "../.."

  prefix        = "heavy"
  task_code_dir = "${path.module}/tasks"

  workers = {
    big = { memory = 4096, timeout = 900, storage = 2048, batch_size = 1 }
  }

  schedules = {
    light = {
      expression = "rate(5 minutes)"
      task       = "measure"
      tasks      = ["oslo", "rome"]
    }
    heavy = {
      expression = "cron(0 4 ? * SUN *)"
      task       = "measure"
      worker     = "big"
      tasks      = ["everywhere"]
    }
  }
}
