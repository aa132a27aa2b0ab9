# Whatever can be switched on that a function makes calls for: once with a parameter, and once with a
# secret, under a customer key and in a VPC. The emulator has neither key nor network and asks for
# none; what the roles permit for them is the same.

provider "aws" {}

locals {
  key = "arn:aws:kms:us-east-1:000000000000:key/1234abcd"

  schedules = {
    listed = {
      expression   = "at(2037-01-01T00:00:00)"
      task         = "moody"
      tasks_s3_uri = "s3://${aws_s3_bucket.lists.bucket}/${aws_s3_object.list.key}"
      retries      = 1
    }
    refused = {
      expression   = "at(2037-01-01T00:00:00)"
      task         = "moody"
      tasks_s3_uri = "s3://${aws_s3_bucket.lists.bucket}/${aws_s3_object.refused.key}"
    }
    made = {
      expression   = "at(2037-01-01T00:00:00)"
      tasks_source = "slow"
    }
    follows = {
      after = ["made"]
      tasks = ["fine"]
    }
  }

  # Its role is another one, and all that it has besides it has from the default worker.
  workers = { big = { memory = 256 } }
}

resource "aws_s3_bucket" "lists" {
  bucket        = "lists-of-permissions"
  force_destroy = true
}

resource "aws_s3_object" "list" {
  bucket  = aws_s3_bucket.lists.bucket
  key     = "list.jsonl"
  content = "\"fine\"\n\"once more\"\n\"never\"\nnot a task\n"
}

resource "aws_s3_object" "refused" {
  bucket  = aws_s3_bucket.lists.bucket
  key     = "refused.jsonl"
  content = "not a task\n"
}

module "open" {
  source = "../../../.."

  prefix            = "open"
  task_code_dir     = "${path.module}/tasks"
  schedules         = local.schedules
  workers           = local.workers
  deduplication     = true
  send_task_timeout = 8
  notify            = { ssm_parameter = "/permitted/chat" }
  secrets           = { TOKEN = "/permitted/token" }
  monitoring        = { tracing = true }
}

module "locked" {
  source = "../../../.."

  prefix            = "locked"
  task_code_dir     = "${path.module}/tasks"
  schedules         = local.schedules
  workers           = local.workers
  deduplication     = true
  send_task_timeout = 8
  notify            = { secret = "permitted/chat", kms_key_arn = local.key }
  secrets           = { TOKEN = "permitted/token" }

  secrets_kms_key_arns = [local.key]
  kms_key_arn          = local.key
  vpc                  = { subnet_ids = ["subnet-01234567"], security_group_ids = ["sg-01234567"] }
}
