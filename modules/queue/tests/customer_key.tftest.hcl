mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "without_a_key_sqs_encrypts_with_its_own" {
  command = plan

  assert {
    condition = alltrue([for queue in [aws_sqs_queue.tasks["default"], aws_sqs_queue.tasks_dead_letters["default"], aws_sqs_queue.runs_dead_letters] :
      queue.sqs_managed_sse_enabled && queue.kms_master_key_id == null
    ])
    error_message = "a queue is not encrypted"
  }
}

run "a_key_takes_the_place_of_sqs_own" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
  }

  assert {
    condition = alltrue([for queue in [aws_sqs_queue.tasks["default"], aws_sqs_queue.tasks_dead_letters["default"], aws_sqs_queue.runs_dead_letters] :
      queue.kms_master_key_id == "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
    ])
    error_message = "a queue is not encrypted with the key"
  }
}
