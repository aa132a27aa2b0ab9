mock_provider "aws" {
  source = "../../tests/module/mocks"
}

variables {
  schedules = {
    plain = {
      expression       = "rate(1 hour)"
      enabled          = true
      tasks            = ["one"]
      retries          = 2
      delivery_retries = 3
      delivery_max_age = 3600
    }
    full = {
      expression              = "cron(0 2 ? * MON-FRI *)"
      timezone                = "Asia/Tokyo"
      description             = "Nightly export"
      enabled                 = false
      flexible_window_minutes = 15
      start_date              = "2027-01-01T00:00:00Z"
      end_date                = "2028-01-01T00:00:00Z"
      task                    = "export"
      retries                 = 0
      delivery_retries        = 185
      delivery_max_age        = 86400
    }
    once = {
      expression       = "at(2037-12-31T23:59:59)"
      enabled          = true
      task             = "export"
      retries          = 2
      delivery_retries = 0
      delivery_max_age = 60
    }
  }
}

run "fields_reach_the_schedule" {
  command = plan

  assert {
    condition = jsonencode([for schedule in aws_scheduler_schedule.this : [
      schedule.name,
      schedule.group_name,
      schedule.schedule_expression,
      schedule.schedule_expression_timezone,
      schedule.description,
      schedule.state,
      schedule.start_date,
      schedule.end_date,
      one(schedule.flexible_time_window).mode,
      one(schedule.flexible_time_window).maximum_window_in_minutes,
      one(one(schedule.target).retry_policy).maximum_retry_attempts,
      one(one(schedule.target).retry_policy).maximum_event_age_in_seconds,
      ]]) == jsonencode([
      ["full", "nightly", "cron(0 2 ? * MON-FRI *)", "Asia/Tokyo", "Nightly export", "DISABLED", "2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z", "FLEXIBLE", 15, 185, 86400],
      ["once", "nightly", "at(2037-12-31T23:59:59)", "Europe/Berlin", null, "ENABLED", null, null, "OFF", null, 0, 60],
      ["plain", "nightly", "rate(1 hour)", "Europe/Berlin", null, "ENABLED", null, null, "OFF", null, 3, 3600],
    ])
    error_message = "a field of a schedule went astray"
  }

  assert {
    condition = alltrue([for schedule in aws_scheduler_schedule.this :
      one(schedule.target).arn == "arn:aws:lambda:eu-west-1:123456789012:function:nightly-send-task" &&
      one(one(schedule.target).dead_letter_config).arn == "arn:aws:sqs:eu-west-1:123456789012:nightly-runs-dead-letter"
    ])
    error_message = "a schedule does not invoke send_task, or drops what it cannot deliver"
  }

  assert {
    condition     = aws_scheduler_schedule_group.this.tags == tomap({ team = "data" })
    error_message = "the group is not tagged"
  }
}

run "outputs_are_of_every_schedule_and_the_group" {
  command = apply

  assert {
    condition     = output.schedules == { for name, schedule in aws_scheduler_schedule.this : name => { name = name, arn = schedule.arn } }
    error_message = "an output lacks a schedule or its ARN"
  }

  assert {
    condition     = output.group == { name = "nightly", arn = aws_scheduler_schedule_group.this.arn }
    error_message = "the output is not of the group"
  }
}

run "a_number_out_of_range_is_refused" {
  command = plan

  variables {
    schedules = { bad = { expression = "rate(1 hour)", enabled = true, task = "export", retries = 101, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [aws_scheduler_schedule_group.this]
}

run "a_name_that_scheduler_does_not_take_is_refused" {
  command = plan

  variables {
    schedules = { "night shift" = { expression = "rate(1 hour)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [aws_scheduler_schedule_group.this]
}

run "an_end_before_the_start_is_refused" {
  command = plan

  variables {
    schedules = { bad = { expression = "rate(1 hour)", start_date = "2028-01-01T00:00:00Z", end_date = "2027-01-01T00:00:00Z", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [aws_scheduler_schedule_group.this]
}
