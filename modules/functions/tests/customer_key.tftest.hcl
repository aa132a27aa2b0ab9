mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "a_key_encrypts_functions_and_logs_and_is_used_for_what_holds_data" {
  command = plan

  variables {
    kms_key_arn  = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
    task_objects = ["s3://lists/a.csv"]
  }

  assert {
    condition = alltrue([for arn in concat(
      values(aws_lambda_function.this)[*].kms_key_arn,
      values(aws_cloudwatch_log_group.this)[*].kms_key_id,
    ) : arn == "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"])
    error_message = "a function or log group is not encrypted with the key"
  }

  assert {
    condition = { for key, policy in aws_iam_role_policy.this : key => [
      for statement in jsondecode(policy.policy).Statement : statement if startswith(statement.Action[0], "kms:")
      ] } == {
      for key, uses in {
        send_task = { "kms:Decrypt" = ["sqs", "dynamodb", "s3"], "kms:GenerateDataKey" = ["sqs", "dynamodb"] }
        run_task  = { "kms:Decrypt" = ["sqs", "dynamodb"], "kms:GenerateDataKey" = ["sqs", "dynamodb"] }
        keep_runs = { "kms:Decrypt" = ["dynamodb"], "kms:GenerateDataKey" = ["dynamodb"] }
        } : key => [for action, services in uses : {
          Effect    = "Allow"
          Action    = [action]
          Resource  = ["arn:aws:kms:eu-west-1:123456789012:key/1234abcd"]
          Condition = { StringEquals = { "kms:ViaService" = [for service in services : "${service}.eu-west-1.amazonaws.com"] } }
      }]
    }
    error_message = "a role cannot open what is encrypted with the key, or may use it for more"
  }
}

run "a_role_uses_the_key_for_no_more_than_it_reads_and_writes" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
  }

  assert {
    condition = { for key, policy in aws_iam_role_policy.this : key => toset(flatten([
      for statement in jsondecode(policy.policy).Statement : statement.Condition.StringEquals["kms:ViaService"] if startswith(statement.Action[0], "kms:")
      ])) } == {
      send_task = toset(["sqs.eu-west-1.amazonaws.com", "dynamodb.eu-west-1.amazonaws.com"])
      run_task  = toset(["sqs.eu-west-1.amazonaws.com", "dynamodb.eu-west-1.amazonaws.com"])
      keep_runs = toset(["dynamodb.eu-west-1.amazonaws.com"])
    }
    error_message = "a role may use the key for lists that it does not have"
  }
}
