# A schedule for each customer, made by a `for` expression: every customer's report comes at an hour
# of their own day, so each schedule has its own time zone.

provider "aws" {}

module "task_scheduler" {
  source = "../.."

  prefix        = "many-schedules"
  task_code_dir = "${path.module}/tasks"

  schedules = { for customer, zone in var.customers : "report-${customer}" => {
    expression = "cron(0 7 * * ? *)"
    timezone   = zone
    task       = "report"
    args       = { customer = customer }

    # Spread over a quarter of an hour, instead of all in the same second.
    flexible_window_minutes = 15
  } }
}
