mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "a_key_encrypts_the_schedules_and_opens_them_to_their_role" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
  }

  assert {
    condition     = alltrue([for schedule in concat(values(aws_scheduler_schedule.this), [aws_scheduler_schedule.keep_runs]) : schedule.kms_key_arn == "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"])
    error_message = "a schedule is not encrypted with the key"
  }

  assert {
    condition = slice(jsondecode(aws_iam_role_policy.this.policy).Statement, 2, 4) == [
      {
        Effect   = "Allow"
        Action   = ["kms:Decrypt"]
        Resource = ["arn:aws:kms:eu-west-1:123456789012:key/1234abcd"]
        Condition = { ArnLike = { "kms:EncryptionContext:aws:scheduler:schedule:arn" = [
          "arn:aws:scheduler:eu-west-1:123456789012:schedule/nightly/*",
          "arn:aws:scheduler:eu-west-1:123456789012:schedule/nightly-keep-runs/*",
        ] } }
      },
      {
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = ["arn:aws:kms:eu-west-1:123456789012:key/1234abcd"]
        Condition = { StringEquals = { "kms:ViaService" = "sqs.eu-west-1.amazonaws.com" } }
      },
    ]
    error_message = "Scheduler cannot read its schedules or write dead letters, or may use the key for more"
  }
}
