mock_provider "aws" {
  source = "../../tests/module/mocks"
}

variables {
  schedules = {
    plain    = { expression = "rate(1 hour)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
    allowed  = { expression = "rate(1 hour)", overlap = "allow", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
    skipping = { expression = "rate(1 hour)", overlap = "skip", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
    queueing = { expression = "rate(1 hour)", overlap = "queue", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
    once     = { expression = "at(2037-12-31T23:59:59)", overlap = "allow", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
  }
}

run "send_task_gets_what_becomes_of_runs_that_overlap_unless_they_may" {
  command = plan

  assert {
    condition = { for name, schedule in aws_scheduler_schedule.this : name => lookup(jsondecode(one(schedule.target).input), "overlap", "none") } == {
      plain    = "none"
      allowed  = "none"
      skipping = "skip"
      queueing = "queue"
      once     = "none"
    }
    error_message = "the input of send_task has another overlap"
  }
}

run "an_unknown_overlap_is_refused" {
  command = plan

  variables {
    schedules = { bad = { expression = "rate(1 hour)", overlap = "cancel", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [aws_scheduler_schedule_group.this]
}

run "an_overlap_of_what_fires_only_once_is_refused" {
  command = plan

  variables {
    schedules = { bad = { expression = "at(2037-12-31T23:59:59)", overlap = "skip", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [aws_scheduler_schedule_group.this]
}
