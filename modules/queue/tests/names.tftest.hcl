mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "three_queues_have_the_prefix_and_tags" {
  command = plan

  assert {
    condition = {
      tasks              = aws_sqs_queue.tasks["default"].name
      tasks_dead_letters = aws_sqs_queue.tasks_dead_letters["default"].name
      runs_dead_letters  = aws_sqs_queue.runs_dead_letters.name
      } == {
      tasks              = "nightly-tasks"
      tasks_dead_letters = "nightly-tasks-dead-letter"
      runs_dead_letters  = "nightly-runs-dead-letter"
    }
    error_message = "the queues' names are not what the prefix makes of them"
  }

  assert {
    condition = alltrue([for queue in [aws_sqs_queue.tasks["default"], aws_sqs_queue.tasks_dead_letters["default"], aws_sqs_queue.runs_dead_letters] :
      queue.tags == tomap({ team = "data" })
    ])
    error_message = "a queue is not tagged"
  }
}

run "the_longest_prefix_leaves_room_for_every_name" {
  command = plan

  variables {
    prefix  = "a234567890b234567890c234567890d234567890e234567890f234"
    workers = { default = { fifo = true, visibility_timeout = 360, max_receive_count = 13 } }
  }

  assert {
    condition     = max([for queue in [aws_sqs_queue.tasks["default"], aws_sqs_queue.tasks_dead_letters["default"], aws_sqs_queue.runs_dead_letters] : length(queue.name)]...) <= 80
    error_message = "SQS takes names of up to 80 characters"
  }
}

run "each_output_is_of_its_own_queue" {
  command = apply

  assert {
    condition = output.tasks == {
      name = "nightly-tasks", arn = aws_sqs_queue.tasks["default"].arn, url = aws_sqs_queue.tasks["default"].url
      } && output.tasks_dead_letters == {
      name = "nightly-tasks-dead-letter", arn = aws_sqs_queue.tasks_dead_letters["default"].arn, url = aws_sqs_queue.tasks_dead_letters["default"].url
      } && output.runs_dead_letters == {
      name = "nightly-runs-dead-letter", arn = aws_sqs_queue.runs_dead_letters.arn, url = aws_sqs_queue.runs_dead_letters.url
    }
    error_message = "an output has another queue's name, ARN or URL"
  }
}
