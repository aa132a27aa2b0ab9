mock_provider "aws" {
  source = "./tests/module/mocks"
}

run "every_name_begins_with_the_prefix" {
  command = plan

  assert {
    condition = {
      queue          = output.queue.name
      tasks_letters  = output.tasks_dead_letter_queue.name
      runs_dead_letters = output.runs_dead_letter_queue.name
      send_task      = [output.send_task.name, output.send_task.log_group, output.send_task_role.name]
      run_task       = [output.run_task.name, output.run_task.log_group, output.run_task_role.name]
      scheduler      = [output.schedule_group.name, output.scheduler_role.name]
      } == {
      queue          = "nightly-tasks"
      tasks_letters  = "nightly-tasks-dead-letter"
      runs_dead_letters = "nightly-runs-dead-letter"
      send_task      = ["nightly-send-task", "/aws/lambda/nightly-send-task", "nightly-send-task"]
      run_task       = ["nightly-run-task", "/aws/lambda/nightly-run-task", "nightly-run-task"]
      scheduler      = ["nightly", "nightly-scheduler"]
    }
    error_message = "an output tells something else than what is named so"
  }
}

run "the_longest_prefix_leaves_room_for_every_name" {
  command = plan

  variables {
    prefix = "A234567890b234567890_234567890-234567890e234567890f234"
    fifo   = true
  }

  assert {
    condition     = max(length(output.send_task_role.name), length(output.run_task_role.name), length(output.scheduler_role.name)) == 64
    error_message = "IAM takes names of up to 64 characters, and not all of them are used"
  }
}

run "an_empty_prefix_is_refused" {
  command = plan

  variables {
    prefix = ""
  }

  expect_failures = [var.prefix]
}

run "a_character_that_one_service_does_not_take_is_refused" {
  command = plan

  variables {
    prefix = "night.shift"
  }

  expect_failures = [var.prefix]
}

run "a_prefix_that_leaves_no_room_is_refused" {
  command = plan

  variables {
    prefix = "a234567890b234567890c234567890d234567890e234567890f2345"
  }

  expect_failures = [var.prefix]
}

run "the_schedule_group_of_aws_is_refused" {
  command = plan

  variables {
    prefix = "default"
  }

  expect_failures = [var.prefix]
}
