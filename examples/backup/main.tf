# A copy of something into a bucket every night, with the permission for that and no more.

provider "aws" {}

module "task_scheduler" {
  source = "../.."

  prefix        = "backup"
  task_code_dir = "${path.module}/tasks"
  environment   = { BUCKET = var.bucket }
  policy_statements = [
    { actions = ["s3:PutObject"], resources = ["arn:aws:s3:::${var.bucket}/backups/*"] },
  ]

  schedules = {
    nightly = {
      expression = "cron(0 3 * * ? *)"
      overlap    = "skip" # never two at once
      task       = "back_up"
      args       = { url = var.url }
    }
  }
}
