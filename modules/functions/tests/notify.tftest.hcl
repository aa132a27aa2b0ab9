mock_provider "aws" {
  source = "../../tests/module/mocks"
}

# Whoever closes a run sends its digest.
run "each_function_reads_the_urls_of_chat_services_from_the_parameter_alone" {
  command = plan

  variables {
    notify              = { ssm_parameter = "/jobs/chat", secret = null, kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/0123" }
    metrics_by_schedule = true
  }

  assert {
    condition = {
      for key, function in aws_lambda_function.this : key => { for name, value in one(function.environment).variables : name => value if can(regex("NOTIFY|METRICS", name)) }
      } == {
      send_task = { NOTIFY_SSM_PARAMETER = "/jobs/chat", METRICS_BY_SCHEDULE = "true" }
      run_task  = { NOTIFY_SSM_PARAMETER = "/jobs/chat", METRICS_BY_SCHEDULE = "true" }
      keep_runs = { NOTIFY_SSM_PARAMETER = "/jobs/chat", METRICS_BY_SCHEDULE = "true" }
    }
    error_message = "a function has no settings of notifications, or has those of another"
  }

  assert {
    condition = alltrue([for policy in aws_iam_role_policy.this : [
      for statement in jsondecode(policy.policy).Statement : statement if contains(["ssm:GetParameter", "kms:Decrypt"], statement.Action[0])
      ] == [
      { Effect = "Allow", Action = ["ssm:GetParameter"], Resource = ["arn:aws:ssm:eu-west-1:123456789012:parameter/jobs/chat"] },
      {
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = ["arn:aws:kms:eu-west-1:123456789012:key/0123"]
        Condition = { StringEquals = { "kms:ViaService" = ["ssm.eu-west-1.amazonaws.com"] } }
      },
    ]])
    error_message = "a function may not read the parameter, or may read more"
  }
}

run "a_secret_is_read_by_its_name_and_the_six_characters_that_aws_adds" {
  command = plan

  variables {
    notify = { ssm_parameter = null, secret = "jobs/chat", kms_key_arn = null }
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : one(function.environment).variables["NOTIFY_SECRET"] == "jobs/chat"])
    error_message = "a function does not know the secret"
  }

  assert {
    condition = alltrue([for policy in aws_iam_role_policy.this : [
      for statement in jsondecode(policy.policy).Statement : statement if startswith(statement.Action[0], "secretsmanager:")
      ] == [{
        Effect   = "Allow"
        Action   = ["secretsmanager:GetSecretValue"]
        Resource = ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:jobs/chat-??????"]
    }]])
    error_message = "a function may not read the secret, or may read more"
  }
}

run "a_secret_is_read_by_its_arn" {
  command = plan

  variables {
    notify = { ssm_parameter = null, secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:chat-AbCdEf", kms_key_arn = null }
  }

  assert {
    condition = alltrue([for policy in aws_iam_role_policy.this : [
      for statement in jsondecode(policy.policy).Statement : statement.Resource if startswith(statement.Action[0], "secretsmanager:")
    ] == [["arn:aws:secretsmanager:eu-west-1:123456789012:secret:chat-AbCdEf"]]])
    error_message = "a function may not read the secret, or may read more"
  }
}
