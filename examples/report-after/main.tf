# A report on what all tasks of another schedule did: each adds a row to a table, and the report is
# due when they must be over.

provider "aws" {}

module "task_scheduler" {
  source = "../.."

  prefix        = "report-after"
  task_code_dir = "${path.module}/tasks"
  environment   = { TABLE = aws_dynamodb_table.results.name }
  policy_statements = [
    { actions = ["dynamodb:PutItem", "dynamodb:Query"], resources = [aws_dynamodb_table.results.arn] },
  ]

  schedules = {
    count = {
      expression = "cron(0 2 * * ? *)"
      task       = "count"
      tasks      = ["oslo", "rome", "paris"]
      max_age    = 3600 # none starts so late that the report comes first
    }
    report = {
      expression = "cron(0 6 * * ? *)"
      task       = "report"
    }
  }
}

resource "aws_dynamodb_table" "results" {
  # checkov:skip=CKV_AWS_28: what it holds can be counted again
  # checkov:skip=CKV_AWS_119: AWS encrypts it with a key of its own
  name         = "report-after-results"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "day"
  range_key    = "shop"

  attribute {
    name = "day"
    type = "S"
  }

  attribute {
    name = "shop"
    type = "S"
  }
}
