# Tasks that must keep their order: a FIFO queue, in which each account is a group of its own. A
# failing task holds back only its own account.

provider "aws" {}

module "task_scheduler" {
  source = "../.."

  prefix        = "fifo"
  task_code_dir = "${path.module}/tasks"
  fifo          = true

  schedules = {
    bookings = {
      expression = "cron(0 1 * * ? *)"
      task       = "book"
      tasks_file = "bookings.jsonl"
    }
  }
}
