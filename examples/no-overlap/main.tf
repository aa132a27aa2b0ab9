# A job that may take longer than its interval, and must not run twice at the same time. What is due
# meanwhile is skipped, and recorded as such.

provider "aws" {}

module "task_scheduler" {
  source = "../.."

  prefix        = "no-overlap"
  task_code_dir = "${path.module}/tasks"

  schedules = {
    sync = {
      expression = "rate(5 minutes)"
      task       = "sync"
      overlap    = "skip" # or "queue": one waits, further ones are skipped
    }
  }
}
