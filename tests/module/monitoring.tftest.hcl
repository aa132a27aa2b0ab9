mock_provider "aws" {
  source = "./tests/module/mocks"
}

run "what_could_be_lost_without_a_trace_is_an_alarm_by_default" {
  command = plan

  assert {
    condition     = toset(output.monitoring.alarms) == toset(["nightly-tasks-dead-letters", "nightly-runs-dead-letters", "nightly-tasks-waiting", "nightly-runs-dropped", "nightly-runs-lost", "nightly-keep-runs-errors", "nightly-keep-runs-silent"]) && output.monitoring.dashboard == null
    error_message = "something is watched that was not asked for, or nothing is"
  }
}

run "null_switches_all_of_it_off" {
  command = plan

  variables {
    monitoring = null
  }

  assert {
    condition     = output.monitoring == { alarms = [], topic_arn = null, dashboard = null }
    error_message = "something is left of it"
  }
}

run "what_is_wanted_beyond_is_there" {
  command = plan

  variables {
    monitoring = { early_warnings = true, dashboard = true, tracing = true, emails = ["ops@example.com"] }
  }

  assert {
    condition     = length(output.monitoring.alarms) == 14 && output.monitoring.dashboard == "nightly-eu-west-1"
    error_message = "a warning or the dashboard is missing"
  }
}

run "notifications_that_are_not_delivered_are_a_warning" {
  command = plan

  variables {
    monitoring = { early_warnings = true }
    notify     = { ssm_parameter = "/jobs/chat" }
  }

  assert {
    condition     = contains(output.monitoring.alarms, "nightly-notifications-undelivered")
    error_message = "nobody would know that notifications are not delivered"
  }
}

run "a_wait_that_is_too_short_to_be_seen_is_refused" {
  command = plan

  variables {
    monitoring = { longest_wait = 30 }
  }

  expect_failures = [var.monitoring]
}

run "one_alarm_is_for_all_schedules_that_are_watched" {
  command = plan

  variables {
    schedules = {
      watched = { expression = "rate(1 hour)", task = "work", expected_every = 3900, overlap = "skip", finish_within = 3600 }
      late    = { expression = "rate(1 hour)", task = "work", finish_within = 600 }
      paused  = { expression = "rate(1 hour)", task = "work", expected_every = 3900, enabled = false }
      quiet   = { expression = "rate(1 hour)", task = "work" }
    }
  }

  assert {
    condition     = [for alarm in output.monitoring.alarms : alarm if strcontains(alarm, "overdue")] == ["nightly-schedules-overdue"]
    error_message = "schedules are watched by none, or by alarms of their own"
  }
}

run "alarms_go_to_a_topic_of_the_users" {
  command = plan

  variables {
    monitoring = { topic = { arn = "arn:aws:sns:eu-west-1:123456789012:pagers" } }
  }

  assert {
    condition     = output.monitoring.topic_arn == "arn:aws:sns:eu-west-1:123456789012:pagers"
    error_message = "alarms go elsewhere"
  }
}

run "what_is_no_address_is_refused" {
  command = plan

  variables {
    monitoring = { emails = ["ops@example.com", "the boss"] }
  }

  expect_failures = [var.monitoring]
}

run "addresses_for_a_topic_of_the_users_are_refused" {
  command = plan

  variables {
    monitoring = { emails = ["ops@example.com"], topic = { arn = "arn:aws:sns:eu-west-1:123456789012:pagers" } }
  }

  expect_failures = [var.monitoring]
}

run "a_topics_name_is_refused" {
  command = plan

  variables {
    monitoring = { topic = { arn = "pagers" } }
  }

  expect_failures = [var.monitoring]
}

run "a_fifo_topic_is_refused" {
  command = plan

  variables {
    monitoring = { topic = { arn = "arn:aws:sns:eu-west-1:123456789012:pagers.fifo" } }
  }

  expect_failures = [var.monitoring]
}

run "a_topic_of_another_region_is_refused" {
  command = plan

  variables {
    monitoring = { topic = { arn = "arn:aws:sns:eu-west-2:123456789012:pagers" } }
  }

  expect_failures = [var.monitoring]
}

run "a_topic_of_another_account_is_refused" {
  command = plan

  variables {
    monitoring = { topic = { arn = "arn:aws:sns:eu-west-1:111122223333:pagers" } }
  }

  expect_failures = [var.monitoring]
}

run "a_topic_of_another_partition_is_refused" {
  command = plan

  variables {
    monitoring = { topic = { arn = "arn:aws-cn:sns:eu-west-1:123456789012:pagers" } }
  }

  expect_failures = [var.monitoring]
}
