mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "each_function_may_read_and_write_the_ledger_and_nothing_of_it_more" {
  command = plan

  assert {
    condition = { for key, policy in aws_iam_role_policy.this : key => [
      for statement in jsondecode(policy.policy).Statement : [statement.Action, statement.Resource] if startswith(statement.Action[0], "dynamodb:")
      ] } == {
      send_task = [[["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"], ["arn:aws:dynamodb:eu-west-1:123456789012:table/nightly-ledger"]]]
      run_task  = [[["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"], ["arn:aws:dynamodb:eu-west-1:123456789012:table/nightly-ledger"]]]
      keep_runs = [
        [["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"], ["arn:aws:dynamodb:eu-west-1:123456789012:table/nightly-ledger"]],
        [["dynamodb:DeleteItem"], ["arn:aws:dynamodb:eu-west-1:123456789012:table/nightly-ledger"]],
      ]
    }
    error_message = "a function may not use the ledger, or may do more with it"
  }
}

run "keep_runs_comes_again_instead_of_being_tried_again" {
  command = plan

  assert {
    condition = (
      aws_lambda_function_event_invoke_config.keep_runs.function_name == "nightly-keep-runs" &&
      aws_lambda_function_event_invoke_config.keep_runs.maximum_retry_attempts == 0 &&
      aws_lambda_function_event_invoke_config.keep_runs.maximum_event_age_in_seconds == 60
    )
    error_message = "Lambda would keep old invocations of keep_runs, beside the new ones"
  }
}

run "outcomes_of_messages_are_kept_where_deduplication_is_asked_for" {
  command = plan

  variables {
    deduplication = true
  }

  assert {
    condition = { for key, function in aws_lambda_function.this : key => {
      for name, value in one(function.environment).variables : name => value if contains(["DEDUPLICATION", "OUTCOME_RETENTION"], name)
      } } == {
      send_task = {}
      run_task  = { DEDUPLICATION = "true", OUTCOME_RETENTION = "1555200" }
      keep_runs = {}
    }
    error_message = "run_task does not keep outcomes, or does not know for how long"
  }
}
