mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "urls_of_chat_services_are_read_from_the_parameter_alone" {
  command = plan

  variables {
    notify               = { ssm_parameter = "/jobs/chat", secret = null, kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/0123" }
    notify_success_limit = 20
    metrics_by_schedule  = true
  }

  assert {
    condition = {
      for key, function in aws_lambda_function.this : key => { for name, value in one(function.environment).variables : name => value if can(regex("NOTIFY|METRICS", name)) }
      } == {
      send_task = { NOTIFY_SUCCESS_LIMIT = "20", METRICS_BY_SCHEDULE = "true" }
      run_task  = { NOTIFY_SSM_PARAMETER = "/jobs/chat", METRICS_BY_SCHEDULE = "true" }
    }
    error_message = "a function has no settings of notifications, or has those of the other"
  }

  assert {
    condition = slice(jsondecode(aws_iam_role_policy.this["run_task"].policy).Statement, 2, 4) == [
      { Effect = "Allow", Action = ["ssm:GetParameter"], Resource = ["arn:aws:ssm:eu-west-1:123456789012:parameter/jobs/chat"] },
      {
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = ["arn:aws:kms:eu-west-1:123456789012:key/0123"]
        Condition = { StringEquals = { "kms:ViaService" = ["ssm.eu-west-1.amazonaws.com"] } }
      },
    ]
    error_message = "run_task may not read the parameter, or may read more"
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.this["send_task"].policy, "/jobs/chat")
    error_message = "send_task may read the parameter, too"
  }
}

run "a_secret_is_read_by_its_name_and_the_six_characters_that_aws_adds" {
  command = plan

  variables {
    notify = { ssm_parameter = null, secret = "jobs/chat", kms_key_arn = null }
  }

  assert {
    condition     = one(aws_lambda_function.this["run_task"].environment).variables["NOTIFY_SECRET"] == "jobs/chat"
    error_message = "run_task does not know the secret"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this["run_task"].policy).Statement[2] == {
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:jobs/chat-??????"]
    }
    error_message = "run_task may not read the secret, or may read more"
  }
}

run "a_secret_is_read_by_its_arn" {
  command = plan

  variables {
    notify = { ssm_parameter = null, secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:chat-AbCdEf", kms_key_arn = null }
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this["run_task"].policy).Statement[2].Resource == ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:chat-AbCdEf"]
    error_message = "run_task may not read the secret, or may read more"
  }
}
