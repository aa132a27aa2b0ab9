mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "a_schedule_fires_in_its_own_zone_or_else_in_that_of_all" {
  command = plan

  variables {
    timezone = "UTC"
    schedules = {
      plain = { expression = "rate(1 hour)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
      tokyo = { expression = "rate(1 hour)", timezone = "Asia/Tokyo", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
    }
  }

  assert {
    condition     = { for name, schedule in aws_scheduler_schedule.this : name => schedule.schedule_expression_timezone } == { plain = "UTC", tokyo = "Asia/Tokyo" }
    error_message = "a schedule is due in another zone"
  }
}

run "an_unknown_zone_of_all_is_refused" {
  command = plan

  variables {
    timezone = "Asia/Tapei"
  }

  expect_failures = [var.timezone]
}

run "an_unknown_zone_of_a_schedule_is_refused" {
  command = plan

  variables {
    schedules = { bad = { expression = "rate(1 hour)", timezone = "Asia/Tapei", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [aws_scheduler_schedule_group.this]
}
