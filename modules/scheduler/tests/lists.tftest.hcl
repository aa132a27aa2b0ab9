mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "a_schedule_with_nothing_to_do_is_refused" {
  command = plan

  variables {
    schedules = { bad = { expression = "rate(1 hour)", enabled = true, retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [aws_scheduler_schedule_group.this]
}

run "a_list_from_two_places_is_refused" {
  command = plan

  variables {
    schedules = { bad = { expression = "rate(1 hour)", tasks = ["one"], tasks_source = "pages", enabled = true, retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [aws_scheduler_schedule_group.this]
}

run "a_file_that_is_not_there_is_refused" {
  command = plan

  variables {
    schedules = { bad = { expression = "rate(1 hour)", tasks_file = "missing.txt", enabled = true, retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [aws_scheduler_schedule_group.this]
}

run "a_bucket_that_cannot_be_is_refused" {
  command = plan

  variables {
    schedules = { bad = { expression = "rate(1 hour)", tasks_s3_uri = "s3://our..lists/a.txt", enabled = true, retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [aws_scheduler_schedule_group.this]
}
