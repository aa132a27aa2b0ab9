mock_provider "aws" {
  source = "./tests/module/mocks"
}

run "the_shortest_times_are_legal" {
  command = plan

  variables {
    send_task_timeout     = 1
    run_task_timeout      = 1
    visibility_timeout    = 1
    message_retention     = 60
    dead_letter_retention = 61
    receive_wait_time     = 0
  }
}

run "outcomes_are_kept_until_the_message_of_a_dead_letter_sent_again_on_its_last_day_is_dropped" {
  command = plan

  variables {
    message_retention     = 3600
    dead_letter_retention = 86400
  }

  assert {
    condition     = local.outcome_retention == 90000
    error_message = "a message could be sent again after its outcome was forgotten"
  }
}

run "the_longest_times_are_legal" {
  command = plan

  variables {
    send_task_timeout     = 900
    run_task_timeout      = 900
    visibility_timeout    = 43200
    message_retention     = 1209599
    dead_letter_retention = 1209600
    receive_wait_time     = 20
  }
}

run "times_that_are_too_short_are_refused" {
  command = plan

  variables {
    send_task_timeout = 0
    run_task_timeout  = 0
    message_retention = 59
    receive_wait_time = -1
  }

  expect_failures = [var.send_task_timeout, var.run_task_timeout, var.message_retention, var.receive_wait_time]
}

run "times_that_are_too_long_are_refused" {
  command = plan

  variables {
    send_task_timeout = 901
    run_task_timeout  = 901
    message_retention = 1209601
    receive_wait_time = 21
  }

  expect_failures = [var.send_task_timeout, var.run_task_timeout, var.message_retention, var.receive_wait_time]
}

run "parts_of_a_second_are_refused" {
  command = plan

  variables {
    send_task_timeout = 1.5
    run_task_timeout  = 1.5
    message_retention = 60.5
    receive_wait_time = 0.5
  }

  expect_failures = [var.send_task_timeout, var.run_task_timeout, var.message_retention, var.receive_wait_time]
}

run "parts_of_a_second_are_refused_where_times_depend_on_one_another" {
  command = plan

  variables {
    visibility_timeout    = 360.5
    dead_letter_retention = 345600.5
  }

  expect_failures = [var.visibility_timeout, var.dead_letter_retention]
}

run "longer_times_than_sqs_takes_are_refused" {
  command = plan

  variables {
    visibility_timeout    = 43201
    dead_letter_retention = 1209601
  }

  expect_failures = [var.visibility_timeout, var.dead_letter_retention]
}

run "handing_out_tasks_that_still_run_is_refused" {
  command = plan

  variables {
    run_task_timeout   = 60
    visibility_timeout = 59
  }

  expect_failures = [var.visibility_timeout]
}

run "letters_that_are_dropped_as_they_arrive_are_refused" {
  command = plan

  variables {
    message_retention     = 86400
    dead_letter_retention = 86400
  }

  expect_failures = [var.dead_letter_retention]
}
