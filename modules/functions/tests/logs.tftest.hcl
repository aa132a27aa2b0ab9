mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "each_function_logs_to_a_group_of_its_own" {
  command = plan

  assert {
    condition = { for key, group in aws_cloudwatch_log_group.this : key => [group.name, group.retention_in_days] } == {
      send_task = ["/aws/lambda/nightly-send-task", 14]
      run_task  = ["/aws/lambda/nightly-run-task", 14]
      keep_runs = ["/aws/lambda/nightly-keep-runs", 14]
    }
    error_message = "a function's log group is not its own, or kept for another time"
  }

  assert {
    condition     = alltrue([for group in aws_cloudwatch_log_group.this : group.tags == tomap({ team = "data" })])
    error_message = "a log group is not tagged"
  }
}

run "the_functions_know_the_level_of_the_log" {
  command = plan

  variables {
    log_level = "DEBUG"
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : one(function.environment).variables["LOG_LEVEL"] == "DEBUG"])
    error_message = "a function logs at another level"
  }
}
