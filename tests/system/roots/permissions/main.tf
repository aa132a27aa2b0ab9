# Whatever can be switched on that a function makes calls for.

provider "aws" {}

resource "aws_s3_bucket" "lists" {
  bucket        = "lists-of-permissions"
  force_destroy = true
}

resource "aws_s3_object" "list" {
  bucket  = aws_s3_bucket.lists.bucket
  key     = "list.jsonl"
  content = "\"fine\"\n\"once more\"\n\"never\"\nnot a task\n"
}

module "task_scheduler" {
  source = "../../../.."

  prefix            = "permitted"
  task_code_dir     = "${path.module}/tasks"
  deduplication     = true
  send_task_timeout = 4
  notify            = { ssm_parameter = "/permitted/chat" }
  monitoring        = { tracing = true }

  schedules = {
    listed = {
      expression   = "at(2037-01-01T00:00:00)"
      task         = "moody"
      tasks_s3_uri = "s3://${aws_s3_bucket.lists.bucket}/${aws_s3_object.list.key}"
      retries      = 1
    }
    made = {
      expression   = "at(2037-01-01T00:00:00)"
      tasks_source = "slow"
    }
  }
}
