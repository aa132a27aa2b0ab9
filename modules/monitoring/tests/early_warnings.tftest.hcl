mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "early_warnings_come_before_the_dead_letters" {
  command = plan

  variables {
    early_warnings = true
  }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => [
      alarm.namespace, alarm.metric_name, one(values(alarm.dimensions)), alarm.statistic, alarm.threshold, alarm.evaluation_periods,
      ] if alarm.namespace != "AWS/SQS" } == {
      send-task-errors    = ["AWS/Lambda", "Errors", "nightly-send-task", "Sum", 0, 1]
      run-task-errors     = ["AWS/Lambda", "Errors", "nightly-run-task", "Sum", 0, 3]
      send-task-throttles = ["AWS/Lambda", "Throttles", "nightly-send-task", "Sum", 0, 1]
      run-task-throttles  = ["AWS/Lambda", "Throttles", "nightly-run-task", "Sum", 0, 3]
      send-task-duration  = ["AWS/Lambda", "Duration", "nightly-send-task", "Maximum", 27000, 1]
      run-task-duration   = ["AWS/Lambda", "Duration", "nightly-run-task", "Maximum", 54000, 1]
      firings-dropped     = ["AWS/Scheduler", "InvocationDroppedCount", "nightly", "Sum", 0, 1]
      firings-refused     = ["AWS/Scheduler", "TargetErrorCount", "nightly", "Sum", 0, 1]
    }
    error_message = "a warning is missing, or looks at something else"
  }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => keys(alarm.dimensions)[0] if alarm.namespace == "AWS/Scheduler" } == {
      firings-dropped = "ScheduleGroup"
      firings-refused = "ScheduleGroup"
    }
    error_message = "Scheduler's metrics are those of the group"
  }
}
