mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "only_the_task_queue_feeds_the_tasks_dead_letters" {
  command = apply

  assert {
    condition = aws_sqs_queue_redrive_policy.tasks["default"].queue_url == aws_sqs_queue.tasks["default"].url && jsondecode(aws_sqs_queue_redrive_policy.tasks["default"].redrive_policy) == {
      deadLetterTargetArn = aws_sqs_queue.tasks_dead_letters["default"].arn
      maxReceiveCount     = 13
    }
    error_message = "the task queue does not redrive to its dead-letter queue"
  }

  assert {
    condition = jsondecode(aws_sqs_queue.tasks_dead_letters["default"].redrive_allow_policy) == {
      redrivePermission = "byQueue"
      sourceQueueArns   = ["arn:aws:sqs:eu-west-1:123456789012:nightly-tasks"]
    }
    error_message = "the tasks' dead-letter queue is open to other queues, or closed to its own"
  }

  assert {
    condition = alltrue([for queue in [aws_sqs_queue.tasks["default"], aws_sqs_queue.runs_dead_letters] :
      jsondecode(queue.redrive_allow_policy) == { redrivePermission = "denyAll" }
    ])
    error_message = "a queue that is nobody's dead-letter queue may be used as one"
  }
}
