mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "each_role_may_do_what_its_function_does" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role_policy.this["send_task"].policy).Statement == [
      { Effect = "Allow", Action = ["sqs:SendMessage"], Resource = ["arn:aws:sqs:eu-west-1:123456789012:nightly-tasks", "arn:aws:sqs:eu-west-1:123456789012:nightly-runs-dead-letter"] },
      { Effect = "Allow", Action = ["lambda:InvokeFunction"], Resource = ["arn:aws:lambda:eu-west-1:123456789012:function:nightly-send-task"] },
      { Effect = "Allow", Action = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"], Resource = ["arn:aws:dynamodb:eu-west-1:123456789012:table/nightly-ledger"] },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/nightly-send-task:*"]
      },
    ]
    error_message = "send_task may do something else than send to two queues, go on with a list, record and log"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this["run_task"].policy).Statement == [
      {
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
        Resource = ["arn:aws:sqs:eu-west-1:123456789012:nightly-tasks"]
      },
      { Effect = "Allow", Action = ["sqs:SendMessage"], Resource = ["arn:aws:sqs:eu-west-1:123456789012:nightly-tasks", "arn:aws:sqs:eu-west-1:123456789012:nightly-tasks-dead-letter"] },
      { Effect = "Allow", Action = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"], Resource = ["arn:aws:dynamodb:eu-west-1:123456789012:table/nightly-ledger"] },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/nightly-run-task:*"]
      },
    ]
    error_message = "run_task may do something else than consume its queue, send dead letters and late records, record and log"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this["keep_runs"].policy).Statement == [
      { Effect = "Allow", Action = ["lambda:InvokeFunction"], Resource = ["arn:aws:lambda:eu-west-1:123456789012:function:nightly-send-task"] },
      { Effect = "Allow", Action = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"], Resource = ["arn:aws:dynamodb:eu-west-1:123456789012:table/nightly-ledger"] },
      {
        Effect    = "Allow"
        Action    = ["dynamodb:DeleteItem"]
        Resource  = ["arn:aws:dynamodb:eu-west-1:123456789012:table/nightly-ledger"]
        Condition = { "ForAllValues:StringEquals" = { "dynamodb:LeadingKeys" = ["due"] } }
      },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/nightly-keep-runs:*"]
      },
    ]
    error_message = "keep_runs may do something else than start runs, record and log"
  }
}

run "keep_runs_reads_schedules_where_some_run_after_others" {
  command = plan

  variables {
    has_followers = true
  }

  assert {
    condition = contains(jsondecode(aws_iam_role_policy.this["keep_runs"].policy).Statement, {
      Effect = "Allow", Action = ["scheduler:GetSchedule"], Resource = ["arn:aws:scheduler:eu-west-1:123456789012:schedule/nightly/*"]
    })
    error_message = "keep_runs cannot read what it starts, or reads more"
  }
}

run "only_lambda_takes_the_roles_on" {
  command = plan

  assert {
    condition = alltrue([for role in aws_iam_role.this :
      jsondecode(role.assume_role_policy).Statement == [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "lambda.amazonaws.com" } }] &&
      role.tags == tomap({ team = "data" })
    ])
    error_message = "others than Lambda may take a role on, or it is not tagged"
  }
}
