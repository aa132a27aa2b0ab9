mock_provider "aws" {
  source = "../../tests/module/mocks"
}

variables {
  workers = { default = { fifo = true, visibility_timeout = 360, max_receive_count = 13 } }
}

run "fifo_is_for_the_task_queue_and_its_dead_letters" {
  command = plan

  assert {
    condition = { for queue in [aws_sqs_queue.tasks["default"], aws_sqs_queue.tasks_dead_letters["default"], aws_sqs_queue.runs_dead_letters] :
      queue.name => queue.fifo_queue == true && queue.content_based_deduplication != true
      } == {
      "nightly-tasks.fifo"             = true
      "nightly-tasks-dead-letter.fifo" = true
      "nightly-runs-dead-letter"       = false
    }
    error_message = "the wrong queues are FIFO, or drop messages for being alike"
  }

  assert {
    condition     = [aws_sqs_queue.tasks["default"].deduplication_scope, aws_sqs_queue.tasks["default"].fifo_throughput_limit] == ["messageGroup", "perMessageGroupId"]
    error_message = "one message group slows the others down"
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.tasks_dead_letters["default"].redrive_allow_policy).sourceQueueArns == ["arn:aws:sqs:eu-west-1:123456789012:nightly-tasks.fifo"]
    error_message = "the dead-letter queue is closed to its own queue"
  }
}

run "without_it_every_queue_is_standard" {
  command = plan

  variables {
    workers = { default = { fifo = false, visibility_timeout = 360, max_receive_count = 13 } }
  }

  assert {
    condition     = !anytrue([for queue in [aws_sqs_queue.tasks["default"], aws_sqs_queue.tasks_dead_letters["default"], aws_sqs_queue.runs_dead_letters] : queue.fifo_queue == true])
    error_message = "a queue is FIFO that should not be"
  }
}
