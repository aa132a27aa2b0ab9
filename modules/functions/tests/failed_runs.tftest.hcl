mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "a_run_that_send_task_fails_at_becomes_a_dead_letter" {
  command = plan

  assert {
    condition = (
      aws_lambda_function_event_invoke_config.send_task.function_name == "nightly-send-task" &&
      one(one(aws_lambda_function_event_invoke_config.send_task.destination_config).on_failure).destination == "arn:aws:sqs:eu-west-1:123456789012:nightly-runs-dead-letter"
    )
    error_message = "a run that send_task fails at is lost"
  }
}
