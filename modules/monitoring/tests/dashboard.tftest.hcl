mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "the_dashboard_follows_a_run" {
  command = apply

  variables {
    dashboard = "nightly-eu-west-1"
  }

  assert {
    condition = [for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : widget.properties.title] == [
      "Alarms",
      "Runs",
      "Tasks by outcome",
      "Tasks on the queue",
      "Age of the oldest task, seconds",
      "Durations, milliseconds",
      "Dead letters",
      "Tasks that failed",
    ]
    error_message = "the dashboard lacks a part of a run"
  }

  assert {
    condition     = sum([for widget in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets : widget.width]) % 24 == 0
    error_message = "a row does not fill the page"
  }

  assert {
    condition     = [for line in jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets[5].properties.metrics : line[4].label] == ["send_task, longest", "run_task, longest", "run_task, on average", "keep_runs, longest"]
    error_message = "a function's duration is not shown"
  }
}

run "more_alarms_than_fit_are_left_out" {
  command = apply

  variables {
    dashboard = "nightly-eu-west-1"
    workers   = { for number in range(100) : "worker-${number}" => { queue = "queue-${number}", function = "function-${number}", timeout = 60 } }
  }

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this[0].dashboard_body).widgets[0].properties.alarms) == 100
    error_message = "CloudWatch takes 100 alarms a widget"
  }
}
