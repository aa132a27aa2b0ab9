mock_provider "aws" {
  source = "./tests/module/mocks"
}

run "every_name_begins_with_the_prefix" {
  command = plan

  assert {
    condition = {
      queue              = output.queue.name
      tasks_dead_letters = output.tasks_dead_letter_queue.name
      runs_dead_letters  = output.runs_dead_letter_queue.name
      send_task          = [output.send_task.name, output.send_task.log_group, output.send_task_role.name]
      run_task           = [output.run_task.name, output.run_task.log_group, output.run_task_role.name]
      keep_runs          = [output.keep_runs.name, output.keep_runs.log_group, output.keep_runs_role.name]
      ledger             = output.ledger.name
      scheduler          = [output.schedule_group.name, output.scheduler_role.name]
      } == {
      queue              = "nightly-tasks"
      tasks_dead_letters = "nightly-tasks-dead-letter"
      runs_dead_letters  = "nightly-runs-dead-letter"
      send_task          = ["nightly-send-task", "/aws/lambda/nightly-send-task", "nightly-eu-west-1-send-task"]
      run_task           = ["nightly-run-task", "/aws/lambda/nightly-run-task", "nightly-eu-west-1-run-task"]
      keep_runs          = ["nightly-keep-runs", "/aws/lambda/nightly-keep-runs", "nightly-eu-west-1-keep-runs"]
      ledger             = "nightly-ledger"
      scheduler          = ["nightly", "nightly-eu-west-1-scheduler"]
    }
    error_message = "an output is not what its name says"
  }
}

run "in_another_region_roles_and_dashboard_are_others" {
  command = plan

  variables {
    monitoring = { dashboard = true }
  }

  override_data {
    target = data.aws_service.sqs
    values = { region = "ap-southeast-1" }
  }

  assert {
    condition = [output.send_task_role.name, output.run_task_role.name, output.keep_runs_role.name, output.scheduler_role.name, output.monitoring.dashboard] == [
      "nightly-ap-southeast-1-send-task",
      "nightly-ap-southeast-1-run-task",
      "nightly-ap-southeast-1-keep-runs",
      "nightly-ap-southeast-1-scheduler",
      "nightly-ap-southeast-1",
    ]
    error_message = "what belongs to the account, not to a region, has the same name in two regions"
  }
}

run "a_hash_tells_the_region_where_its_name_is_too_long" {
  command = plan

  variables {
    prefix = "a234567890b234567890c234567890d234567890e234567"
  }

  override_data {
    target = data.aws_service.sqs
    values = { region = "ap-southeast-1" }
  }

  assert {
    condition     = output.send_task_role.name == "a234567890b234567890c234567890d234567890e2345-${substr(sha256("a234567890b234567890c234567890d234567890e234567/ap-southeast-1"), 0, 8)}-send-task"
    error_message = "a long prefix lacks the region's hash"
  }
}

run "the_longest_prefix_leaves_room_for_every_name" {
  command = plan

  variables {
    prefix = "A234567890b234567890_234567890-234567890e234567890f234"
    fifo   = true
  }

  assert {
    condition     = max(length(output.send_task_role.name), length(output.run_task_role.name), length(output.keep_runs_role.name), length(output.scheduler_role.name)) == 64
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
