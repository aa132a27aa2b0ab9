# A mail to each row of a CSV file, 500 of them: a row is a task, so a bad address affects no other.

provider "aws" {}

module "task_scheduler" {
  source = "../.."

  prefix        = "mails"
  task_code_dir = "${path.module}/tasks"
  deduplication = true # nobody gets two
  environment   = { SENDER = var.sender }
  policy_statements = [
    { actions = ["ses:SendEmail"], resources = ["*"], conditions = { StringEquals = { "ses:FromAddress" = [var.sender] } } },
  ]

  schedules = {
    reminders = {
      expression = "cron(0 9 1 * ? *)"
      task       = "remind"
      tasks_file = "members.csv"
      max_age    = 86400 # not a day later
    }
  }
}
