mock_provider "aws" {
  source = "../../tests/module/mocks"
}

variables {
  schedules = {
    plain = { expression = "rate(1 hour)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
  }
}

run "what_is_meant_is_planned_without_a_word" {
  command = plan

  variables {
    schedules = {
      named   = { expression = "cron(0 9 ? * MON-FRI *)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
      last    = { expression = "cron(0 9 ? * FRIL *)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
      leap    = { expression = "cron(0 9 29 2 ? *)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
      some    = { expression = "cron(0 9 31 JAN,FEB ? *)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
      once    = { expression = "at(2037-12-31T23:59:59)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
      bounded = { expression = "rate(1 day)", enabled = true, start_date = "2037-01-01T00:00:00Z", end_date = "2038-01-01T00:00:00Z", task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 }
    }
  }
}

run "a_moment_that_is_past_is_warned_of" {
  command = plan

  variables {
    schedules = { odd = { expression = "at(2020-01-01T00:00:00)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [check.schedules]
}

run "a_start_that_is_past_is_warned_of" {
  command = plan

  variables {
    schedules = { odd = { expression = "rate(1 day)", start_date = "2020-01-01T00:00:00Z", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [check.schedules]
}

run "an_end_that_is_past_is_warned_of" {
  command = plan

  variables {
    schedules = { odd = { expression = "rate(1 day)", end_date = "2020-01-01T00:00:00Z", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [check.schedules]
}

run "a_day_that_no_month_has_is_warned_of" {
  command = plan

  variables {
    schedules = { odd = { expression = "cron(0 9 31 2,APR ? *)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [check.schedules]
}

run "a_leap_day_of_other_years_is_warned_of" {
  command = plan

  variables {
    schedules = { odd = { expression = "cron(0 9 29 2 ? 2037,2038)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [check.schedules]
}

run "years_that_are_past_are_warned_of" {
  command = plan

  variables {
    schedules = { odd = { expression = "cron(0 9 * * ? 2020,2021)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [check.schedules]
}

run "weekdays_by_number_are_warned_of" {
  command = plan

  variables {
    schedules = { odd = { expression = "cron(0 9 ? * 1-5 *)", enabled = true, task = "export", retries = 2, delivery_retries = 3, delivery_max_age = 3600 } }
  }

  expect_failures = [check.schedules]
}
