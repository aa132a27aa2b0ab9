# A list that is too long for tfvars: a CSV file in your bucket, a task in each row. Make it first:
#
#   python3 make_orders.py 100000 > orders.csv

provider "aws" {}

resource "aws_s3_object" "orders" {
  bucket = var.bucket
  key    = "orders.csv"
  source = "${path.module}/orders.csv"
  etag   = filemd5("${path.module}/orders.csv")
}

module "task_scheduler" {
  source = "../.."

  prefix        = "large-task-file"
  task_code_dir = "${path.module}/tasks"

  # A hundred batches of ten at the same time, and enough time to send a long list in one go.
  maximum_concurrency = 100
  send_task_timeout   = 300

  schedules = {
    orders = {
      expression   = "cron(0 3 * * ? *)"
      task         = "check_order"
      tasks_s3_uri = "s3://${var.bucket}/orders.csv"
    }
  }
}
