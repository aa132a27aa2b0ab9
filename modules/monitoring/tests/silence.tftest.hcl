mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "one_alarm_watches_all_schedules" {
  command = plan

  variables {
    watched = true
  }

  assert {
    condition = [for alarm in [aws_cloudwatch_metric_alarm.this["schedules-overdue"]] :
      [alarm.namespace, alarm.metric_name, alarm.dimensions, alarm.statistic, alarm.comparison_operator, alarm.threshold, alarm.treat_missing_data]
    ] == [["TaskScheduler", "overdue", tomap({ service = "nightly" }), "Maximum", "GreaterThanThreshold", 0, "notBreaching"]]
    error_message = "the alarm does not look at what keep_runs reports"
  }
}

run "a_keep_runs_that_does_not_run_is_an_alarm" {
  command = plan

  assert {
    condition = [for alarm in [aws_cloudwatch_metric_alarm.this["keep-runs-silent"]] :
      [alarm.metric_name, alarm.comparison_operator, alarm.threshold, alarm.period * alarm.evaluation_periods, alarm.treat_missing_data]
    ] == [["Invocations", "LessThanThreshold", 1, 900, "breaching"]]
    error_message = "keep_runs could stop without anybody hearing of it"
  }
}
