# Every outcome that a task can come to; the tasks write down themselves what happened to them.

provider "aws" {}

module "task_scheduler" {
  source = "../../../.."

  prefix        = "outcomes"
  timezone      = "UTC"
  task_code_dir = "${path.module}/tasks"

  run_task_timeout   = 30
  visibility_timeout = 30

  schedules = {
    minutely = {
      expression = "rate(1 minute)"
      task       = "record"
      args       = { folder = var.folder }
      tasks      = ["<first> & \"second\"", "zweite Aufgabe: größer"]
    }
  }
}
