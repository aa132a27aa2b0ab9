mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "the_role_is_of_the_groups_and_may_invoke_and_send_dead_letters" {
  command = apply

  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement == [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      Condition = { StringEquals = {
        "aws:SourceAccount" = "123456789012"
        "aws:SourceArn"     = [aws_scheduler_schedule_group.this.arn, aws_scheduler_schedule_group.keep_runs.arn]
      } }
    }]
    error_message = "others than this account's schedule groups may take the role on"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy).Statement == [
      { Effect = "Allow", Action = ["lambda:InvokeFunction"], Resource = ["arn:aws:lambda:eu-west-1:123456789012:function:nightly-send-task", "arn:aws:lambda:eu-west-1:123456789012:function:nightly-keep-runs"] },
      { Effect = "Allow", Action = ["sqs:SendMessage"], Resource = ["arn:aws:sqs:eu-west-1:123456789012:nightly-runs-dead-letter"] },
    ]
    error_message = "Scheduler may do something else than invoke send_task and keep_runs and send dead letters"
  }

  assert {
    condition     = output.role == { name = "nightly-eu-west-1-scheduler", arn = aws_iam_role.this.arn } && aws_iam_role.this.tags == tomap({ team = "data" })
    error_message = "the output is not of the role, or it is not tagged"
  }
}
