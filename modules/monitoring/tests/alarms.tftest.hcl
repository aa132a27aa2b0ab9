mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "what_could_be_lost_without_a_trace_is_an_alarm" {
  command = plan

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => [
      alarm.alarm_name, alarm.namespace, alarm.metric_name, one(values(alarm.dimensions)), alarm.statistic, alarm.threshold, alarm.period, alarm.evaluation_periods,
      ] } == {
      tasks-dead-letters = ["nightly-tasks-dead-letters", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "nightly-tasks-dead-letter", "Maximum", 0, 300, 1]
      runs-dead-letters  = ["nightly-runs-dead-letters", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "nightly-runs-dead-letter", "Maximum", 0, 300, 1]
      tasks-waiting      = ["nightly-tasks-waiting", "AWS/SQS", "ApproximateAgeOfOldestMessage", "nightly-tasks", "Maximum", 172800, 300, 1]
      runs-dropped       = ["nightly-runs-dropped", "AWS/Scheduler", "InvocationDroppedCount", "nightly", "Sum", 0, 300, 1]
      runs-lost          = ["nightly-runs-lost", "AWS/Lambda", "DestinationDeliveryFailures", "nightly-send-task", "Sum", 0, 300, 1]
      keep-runs-errors   = ["nightly-keep-runs-errors", "AWS/Lambda", "Errors", "nightly-keep-runs", "Sum", 0, 300, 3]
      keep-runs-silent   = ["nightly-keep-runs-silent", "AWS/Lambda", "Invocations", "nightly-keep-runs", "Sum", 1, 300, 3]
    }
    error_message = "the alarms are not those for dead letters, for the age of the queue, for lost runs and for a keep_runs that fails or does not run"
  }

  assert {
    condition     = length(aws_cloudwatch_dashboard.this) == 0
    error_message = "something is there that costs more and was not asked for"
  }
}

run "every_alarm_says_what_to_do_and_to_whom" {
  command = apply

  variables {
    early_warnings = true
    chat           = true
    watched        = true
  }

  assert {
    condition = alltrue([for alarm in values(aws_cloudwatch_metric_alarm.this) :
      length(alarm.alarm_description) > 100 &&
      length(alarm.alarm_description) <= 1024 &&
      alarm.alarm_actions == toset(["arn:aws:sns:eu-west-1:123456789012:nightly-alarms"]) &&
      alarm.ok_actions == alarm.alarm_actions &&
      alarm.tags == tomap({ team = "data" })
    ])
    error_message = "an alarm says nothing, or to nobody"
  }
}

run "tasks_may_not_wait_longer_than_is_said" {
  command = plan

  variables {
    longest_wait = 240
  }

  assert {
    condition     = [aws_cloudwatch_metric_alarm.this["tasks-waiting"].threshold, aws_cloudwatch_metric_alarm.this["tasks-waiting"].period] == [240, 60]
    error_message = "the alarm is for another wait, or looks too seldom to see it"
  }
}

run "a_wait_that_ends_after_the_task_is_dropped_is_refused" {
  command = plan

  variables {
    longest_wait = 345600
  }

  expect_failures = [var.longest_wait]
}

run "the_output_names_every_alarm" {
  command = plan

  variables {
    watched = true
  }

  assert {
    condition     = toset(output.alarms) == toset(["nightly-tasks-dead-letters", "nightly-runs-dead-letters", "nightly-tasks-waiting", "nightly-runs-dropped", "nightly-runs-lost", "nightly-keep-runs-errors", "nightly-keep-runs-silent", "nightly-schedules-overdue"])
    error_message = "the output leaves an alarm out, or names one that is not there"
  }
}
