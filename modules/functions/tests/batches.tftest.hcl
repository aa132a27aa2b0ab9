mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "batches_report_single_failures" {
  command = apply

  assert {
    condition = (
      aws_lambda_event_source_mapping.tasks["default"].function_response_types == toset(["ReportBatchItemFailures"]) &&
      aws_lambda_event_source_mapping.tasks["default"].function_name == aws_lambda_function.this["run_task"].arn &&
      aws_lambda_event_source_mapping.tasks["default"].event_source_arn == "arn:aws:sqs:eu-west-1:123456789012:nightly-tasks" &&
      aws_lambda_event_source_mapping.tasks["default"].batch_size == 7 &&
      aws_lambda_event_source_mapping.tasks["default"].maximum_batching_window_in_seconds == 3 &&
      one(aws_lambda_event_source_mapping.tasks["default"].scaling_config).maximum_concurrency == 5 &&
      aws_lambda_event_source_mapping.tasks["default"].tags == tomap({ team = "data" })
    )
    error_message = "the queue does not feed run_task as the variables say"
  }
}

run "no_limit_of_concurrency" {
  command = plan

  variables {
    workers = { default = merge(var.workers.default, { maximum_concurrency = null }) }
  }

  assert {
    condition     = length(aws_lambda_event_source_mapping.tasks["default"].scaling_config) == 0
    error_message = "null still limits the concurrency"
  }
}
