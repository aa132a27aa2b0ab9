mock_provider "aws" {
  source = "./tests/module/mocks"
}

run "a_fifo_queue_and_its_dead_letters_have_the_suffix" {
  command = plan

  variables {
    fifo = true
  }

  assert {
    condition     = [output.queue.name, output.tasks_dead_letter_queue.name, output.runs_dead_letter_queue.name] == ["nightly-tasks.fifo", "nightly-tasks-dead-letter.fifo", "nightly-runs-dead-letter"]
    error_message = "the wrong queues are FIFO"
  }
}

run "waiting_for_batches_of_a_fifo_queue_is_refused" {
  command = plan

  variables {
    fifo         = true
    batch_window = 10
  }

  expect_failures = [var.batch_window]
}
