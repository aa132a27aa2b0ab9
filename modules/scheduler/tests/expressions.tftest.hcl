# Every legal form, and every illegal one with what is said about it: tests/expressions.json.

mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "a_rate_of_nothing_is_refused" {
  command = plan

  variables {
    schedules = { bad = { expression = "rate(0 minutes)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [aws_scheduler_schedule_group.this]
}

run "a_cron_of_unix_is_refused" {
  command = plan

  variables {
    schedules = { bad = { expression = "cron(0 2 * * *)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [aws_scheduler_schedule_group.this]
}

run "a_moment_that_does_not_exist_is_refused" {
  command = plan

  variables {
    schedules = { bad = { expression = "at(2037-02-30T00:00:00)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [aws_scheduler_schedule_group.this]
}

run "text_that_is_no_expression_is_refused" {
  command = plan

  variables {
    schedules = { bad = { expression = "every hour", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [aws_scheduler_schedule_group.this]
}
