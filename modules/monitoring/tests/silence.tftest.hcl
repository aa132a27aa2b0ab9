mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "silence_is_measured_in_whole_periods_that_cloudwatch_takes" {
  command = plan

  variables {
    expected_every = { minutely = 60, odd = 3901, daily = 86400, slow = 90000, weekly = 604800, nearly = 604799 }
  }

  assert {
    condition = { for name, alarm in aws_cloudwatch_metric_alarm.silence : name => [alarm.period, alarm.evaluation_periods] } == {
      minutely = [60, 1]
      odd      = [180, 22]
      daily    = [3600, 24]
      slow     = [3780, 24]
      weekly   = [25200, 24]
      nearly   = [25200, 24]
    }
    error_message = "an alarm would look at another length of time, or see it too late"
  }

  # A day of periods below an hour, 7 days of longer ones: "Alarm evaluation" in CloudWatch's user guide.
  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.silence : alarm.period * alarm.evaluation_periods <= (alarm.period < 3600 ? 86400 : 604800)])
    error_message = "an alarm looks further back than CloudWatch does"
  }

  assert {
    condition = alltrue([for name, alarm in aws_cloudwatch_metric_alarm.silence :
      alarm.treat_missing_data == "breaching" && alarm.comparison_operator == "LessThanThreshold" && alarm.threshold == 1 &&
      alarm.namespace == one(aws_cloudwatch_log_metric_filter.runs[name].metric_transformation).namespace &&
      alarm.metric_name == one(aws_cloudwatch_log_metric_filter.runs[name].metric_transformation).name &&
      alarm.dimensions == tomap({ schedule = name })
    ])
    error_message = "an alarm does not look at the runs that are counted for it"
  }

  assert {
    condition = (
      aws_cloudwatch_log_metric_filter.runs["odd"].log_group_name == "/aws/lambda/nightly-send-task" &&
      aws_cloudwatch_log_metric_filter.runs["odd"].pattern == "{ $.message = \"run\" && $.schedule = \"odd\" && $.sent >= 0 && $.began_at NOT EXISTS && $.only NOT EXISTS }"
    )
    error_message = "something else than the schedule's runs is counted"
  }
}

run "a_hundred_schedules_can_be_watched" {
  command = plan

  variables {
    expected_every = { for number in range(100) : "schedule-${number}" => 3600 }
  }

  assert {
    condition     = length(aws_cloudwatch_log_metric_filter.runs) == 100
    error_message = "not every schedule is watched"
  }
}

run "no_more_schedules_are_watched_than_cloudwatch_takes_filters" {
  command = plan

  variables {
    expected_every = { for number in range(101) : "schedule-${number}" => 3600 }
  }

  expect_failures = [var.expected_every]
}
