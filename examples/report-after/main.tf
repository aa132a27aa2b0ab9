# A report on what all tasks of another schedule did. It has no time of its own: it runs when the other
# has succeeded.

provider "aws" {}

module "task_scheduler" {
  source = "../.."

  prefix        = "report-after"
  task_code_dir = "${path.module}/tasks"

  schedules = {
    count = {
      expression = "cron(0 2 * * ? *)"
      task       = "count"
      tasks      = ["oslo", "rome", "paris"]
    }
    report = {
      after = ["count"]
      task  = "report"
    }
  }
}
