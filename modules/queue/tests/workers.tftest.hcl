mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "each_worker_has_a_queue_and_all_of_a_kind_one_dead_letter_queue" {
  command = plan

  variables {
    workers = {
      default = { fifo = false, visibility_timeout = 360, max_receive_count = 13 }
      big     = { fifo = false, visibility_timeout = 5400, max_receive_count = 20 }
      ordered = { fifo = true, visibility_timeout = 60, max_receive_count = 10 }
    }
  }

  assert {
    condition = { for name, queue in aws_sqs_queue.tasks : name => [queue.name, queue.fifo_queue == true, queue.visibility_timeout_seconds] } == {
      default = ["nightly-tasks", false, 360]
      big     = ["nightly-tasks-big", false, 5400]
      ordered = ["nightly-tasks-ordered.fifo", true, 60]
    }
    error_message = "a worker's queue is not what its settings say"
  }

  assert {
    condition = { for key, queue in aws_sqs_queue.tasks_dead_letters : key => [queue.name, jsondecode(queue.redrive_allow_policy).sourceQueueArns] } == {
      default = ["nightly-tasks-dead-letter", ["arn:aws:sqs:eu-west-1:123456789012:nightly-tasks-big", "arn:aws:sqs:eu-west-1:123456789012:nightly-tasks"]]
      workers = ["nightly-workers-dead-letter.fifo", ["arn:aws:sqs:eu-west-1:123456789012:nightly-tasks-ordered.fifo"]]
    }
    error_message = "dead letters do not go to one queue for each kind"
  }

  assert {
    condition     = [output.workers["ordered"].dead_letters.name, output.workers["big"].dead_letters.name, output.workers_dead_letters.name] == ["nightly-workers-dead-letter.fifo", "nightly-tasks-dead-letter", "nightly-workers-dead-letter.fifo"]
    error_message = "an output names another dead-letter queue"
  }
}

run "without_workers_of_the_other_kind_there_is_one_dead_letter_queue" {
  command = plan

  assert {
    condition     = keys(aws_sqs_queue.tasks_dead_letters) == ["default"] && output.workers_dead_letters == null
    error_message = "there is a queue that nothing uses"
  }
}
