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
      ] if !contains(["tasks-dead-letters", "runs-dead-letters", "tasks-waiting", "runs-dropped", "runs-lost", "keep-runs-errors", "keep-runs-silent"], key) } == {
      send-task-errors    = ["AWS/Lambda", "Errors", "nightly-send-task", "Sum", 0, 1]
      run-task-errors     = ["AWS/Lambda", "Errors", "nightly-run-task", "Sum", 0, 3]
      send-task-throttles = ["AWS/Lambda", "Throttles", "nightly-send-task", "Sum", 0, 1]
      run-task-throttles  = ["AWS/Lambda", "Throttles", "nightly-run-task", "Sum", 0, 3]
      send-task-duration  = ["AWS/Lambda", "Duration", "nightly-send-task", "Maximum", 26250, 1]
      run-task-duration   = ["AWS/Lambda", "Duration", "nightly-run-task", "Maximum", 49500, 1]
      runs-rejected       = ["AWS/Scheduler", "TargetErrorCount", "nightly", "Sum", 0, 1]
    }
    error_message = "a warning is missing, or looks at something else"
  }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => keys(alarm.dimensions)[0] if alarm.namespace == "AWS/Scheduler" } == {
      runs-dropped  = "ScheduleGroup"
      runs-rejected = "ScheduleGroup"
    }
    error_message = "Scheduler's metrics are those of the group"
  }
}

run "notifications_that_are_not_delivered_are_a_warning" {
  command = plan

  variables {
    early_warnings = true
    chat           = true
  }

  assert {
    condition = [
      aws_cloudwatch_metric_alarm.this["notifications-undelivered"].namespace,
      aws_cloudwatch_metric_alarm.this["notifications-undelivered"].metric_name,
      aws_cloudwatch_metric_alarm.this["notifications-undelivered"].dimensions["service"],
    ] == ["TaskScheduler", "undelivered", "nightly"]
    error_message = "the warning looks at another metric than the functions write"
  }
}

run "what_uses_up_its_time_is_a_warning_before_it_is_cut_off" {
  command = plan

  variables {
    early_warnings = true
    functions = {
      send_task = { name = "nightly-send-task", timeout = 600, log_group = "/aws/lambda/nightly-send-task" }
      run_task  = { name = "nightly-run-task", timeout = 20, log_group = "/aws/lambda/nightly-run-task" }
      keep_runs = { name = "nightly-keep-runs", log_group = "/aws/lambda/nightly-keep-runs" }
    }
  }

  # A task is interrupted 4 s before the end of 20, a list handed on 30 s before the end of 600.
  assert {
    condition     = { for key in ["send-task-duration", "run-task-duration"] : key => aws_cloudwatch_metric_alarm.this[key].threshold } == { send-task-duration = 585000, run-task-duration = 14400 }
    error_message = "an alarm is for what is usual, or for what cannot be"
  }
}
