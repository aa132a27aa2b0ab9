mock_provider "aws" {
  source = "../../tests/module/mocks"
}

variables {
  notify_on = ["recovery", "failure"]
  schedules = {
    plain  = { expression = "rate(1 hour)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
    silent = { expression = "rate(1 hour)", notify_on = [], enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
    chatty = { expression = "rate(1 hour)", notify_on = ["success"], enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
  }
}

run "notify_on_of_a_schedule_comes_before_that_of_all" {
  command = plan

  assert {
    condition = { for name, schedule in aws_scheduler_schedule.this : name => jsonencode(jsondecode(one(schedule.target).input).notify_on) } == {
      plain  = "[\"failure\",\"recovery\"]"
      silent = "[]"
      chatty = "[\"success\"]"
    }
    error_message = "the input of send_task lacks the notify events"
  }
}

run "a_schedule_may_choose_its_targets_and_whom_to_mention" {
  command = plan

  variables {
    schedules = {
      plain  = { expression = "rate(1 hour)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
      chosen = { expression = "rate(1 hour)", notify_to = ["pager", "data"], mention = "<!subteam^S0123>", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
    }
  }

  assert {
    condition = { for name, schedule in aws_scheduler_schedule.this : name => [for field in ["notify_to", "mention"] : jsonencode(lookup(jsondecode(one(schedule.target).input), field, null))] } == {
      plain  = ["null", "null"]
      chosen = ["[\"data\",\"pager\"]", "\"\\u003c!subteam^S0123\\u003e\""]
    }
    error_message = "the input of send_task lacks targets or mention"
  }
}

run "targets_and_mentions_without_notifications_are_refused" {
  command = plan

  variables {
    notify_on = null
    schedules = { bad = { expression = "rate(1 hour)", notify_to = ["data"], mention = "@oncall", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [aws_scheduler_schedule_group.this]
}

run "notifications_without_a_target_are_refused" {
  command = plan

  variables {
    notify_on = null
  }

  expect_failures = [aws_scheduler_schedule_group.this]
}
