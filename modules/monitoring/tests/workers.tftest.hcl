mock_provider "aws" {
  source = "../../tests/module/mocks"
}

variables {
  workers = {
    big     = { queue = "nightly-tasks-big", function = "nightly-run-task-big", timeout = 900 }
    ordered = { queue = "nightly-tasks-ordered.fifo", function = "nightly-run-task-ordered", timeout = 60 }
  }
  workers_dead_letters = { name = "nightly-workers-dead-letter.fifo" }
  dashboard            = "nightly-eu-west-1"
}

run "each_further_worker_costs_one_alarm_and_a_second_dead_letter_queue_one_more" {
  command = plan

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => alarm.dimensions if can(regex("big|ordered|workers", key)) } == {
      tasks-waiting-big     = tomap({ QueueName = "nightly-tasks-big" })
      tasks-waiting-ordered = tomap({ QueueName = "nightly-tasks-ordered.fifo" })
      workers-dead-letters  = tomap({ QueueName = "nightly-workers-dead-letter.fifo" })
    }
    error_message = "a worker's tasks wait unseen, or its alarms are more than they cost"
  }

  assert {
    condition     = startswith(aws_cloudwatch_metric_alarm.this["tasks-waiting-big"].alarm_description, "The oldest task of the worker big has waited") && strcontains(aws_cloudwatch_metric_alarm.this["workers-dead-letters"].alarm_description, "nightly-workers-dead-letter.fifo")
    error_message = "an alarm says it of another worker"
  }
}

run "early_warnings_are_of_each_worker" {
  command = plan

  variables {
    early_warnings = true
  }

  assert {
    condition = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => alarm.threshold if can(regex("-big$", key)) } == {
      tasks-waiting-big      = 172800
      run-task-errors-big    = 0
      run-task-throttles-big = 0
      run-task-duration-big  = 805500
    }
    error_message = "a worker is not watched as run_task is"
  }
}

run "the_dashboard_shows_all_of_them_in_the_same_graphs" {
  command = apply

  assert {
    condition = alltrue([for text in ["big: waiting", "ordered: oldest", "big, longest", "tasks of other workers"] :
      strcontains(aws_cloudwatch_dashboard.this[0].dashboard_body, text)
    ])
    error_message = "a worker is not on the dashboard"
  }
}
