mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "keep_runs_has_a_schedule_that_is_none_of_the_users" {
  command = apply

  assert {
    condition = (
      aws_scheduler_schedule.keep_runs.group_name == "nightly-keep-runs" &&
      aws_scheduler_schedule_group.keep_runs.name == "nightly-keep-runs" &&
      !contains(keys(output.schedules), aws_scheduler_schedule.keep_runs.name)
    )
    error_message = "what lists the user's schedules would show that of keep_runs"
  }

  assert {
    condition = (
      one(aws_scheduler_schedule.keep_runs.target).arn == "arn:aws:lambda:eu-west-1:123456789012:function:nightly-keep-runs" &&
      one(aws_scheduler_schedule.keep_runs.target).role_arn == aws_iam_role.this.arn &&
      one(one(aws_scheduler_schedule.keep_runs.target).retry_policy).maximum_retry_attempts == 0 &&
      length(one(aws_scheduler_schedule.keep_runs.target).dead_letter_config) == 0
    )
    error_message = "it invokes something else, or what comes again by itself is tried again"
  }

  assert {
    condition     = aws_scheduler_schedule_group.keep_runs.tags == tomap({ team = "data" })
    error_message = "its group is not tagged"
  }
}

run "it_comes_every_five_minutes" {
  command = plan

  variables {
    schedules = {
      plain = { expression = "rate(1 hour)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
      alone = { expression = "rate(1 hour)", overlap = "skip", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
    }
  }

  assert {
    condition     = aws_scheduler_schedule.keep_runs.schedule_expression == "rate(5 minutes)"
    error_message = "it comes more often than anything asks for, or too seldom"
  }
}

run "it_comes_every_minute_where_a_run_may_wait_for_another" {
  command = plan

  variables {
    schedules = {
      plain  = { expression = "rate(1 hour)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
      queued = { expression = "rate(1 hour)", overlap = "queue", enabled = false, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
    }
  }

  assert {
    condition     = aws_scheduler_schedule.keep_runs.schedule_expression == "rate(1 minute)"
    error_message = "a run that waits would start minutes late"
  }
}

run "keep_runs_is_told_what_to_watch" {
  command = plan

  variables {
    notify_on = ["failure"]
    schedules = {
      hourly = { expression = "rate(1 hour)", task = "work", expected_every = 3900, finish_within = 600, enabled = true, retries = 1, delivery_retries = 1, delivery_max_age = 60 }
      off    = { expression = "rate(1 hour)", task = "work", expected_every = 3900, enabled = false, retries = 1, delivery_retries = 1, delivery_max_age = 60 }
      free   = { expression = "rate(1 hour)", task = "work", enabled = true, retries = 1, delivery_retries = 1, delivery_max_age = 60 }
    }
  }

  assert {
    condition = jsondecode(one(aws_scheduler_schedule.keep_runs.target).input) == {
      watched = { hourly = { expected_every = 3900, finish_within = 600, notify_on = ["failure"], timezone = var.timezone } }
    }
    error_message = "keep_runs watches other schedules, or otherwise"
  }
}
