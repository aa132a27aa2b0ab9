mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "timings_reach_the_queues" {
  command = plan

  assert {
    condition = [
      aws_sqs_queue.tasks["default"].visibility_timeout_seconds,
      aws_sqs_queue.tasks["default"].message_retention_seconds,
      aws_sqs_queue.tasks["default"].receive_wait_time_seconds,
      aws_sqs_queue.tasks_dead_letters["default"].message_retention_seconds,
      aws_sqs_queue.runs_dead_letters.message_retention_seconds,
    ] == [360, 345600, 20, 1209600, 1209600]
    error_message = "a timing went astray"
  }
}
