# Saved in CloudWatch Logs Insights, under the prefix. They cost nothing until they are run.

locals {
  queries = {
    "runs" = {
      log_group = var.functions.send_task.log_group
      query     = <<-EOT
        filter message = "run" and ispresent(service)
        | fields @timestamp, schedule, scheduled_time, sent, refused, requests, continued_at
        | sort @timestamp desc
        | limit 200
      EOT
    }
    "tasks by schedule and outcome" = {
      log_group = var.functions.run_task.log_group
      query     = <<-EOT
        filter message = "task" and ispresent(service)
        | stats count(*) as tasks, avg(duration_ms), max(duration_ms), max(attempt) by schedule, outcome
        | sort schedule, outcome
      EOT
    }
    "tasks that failed" = {
      log_group = var.functions.run_task.log_group
      query     = <<-EOT
        filter message = "task" and ispresent(service) and outcome in ["failed", "expired", "unreadable"]
        | fields @timestamp, schedule, id, task, outcome, attempt, error, reason
        | sort @timestamp desc
        | limit 200
      EOT
    }
    "slowest tasks" = {
      log_group = var.functions.run_task.log_group
      query     = <<-EOT
        filter message = "task" and ispresent(service)
        | fields @timestamp, schedule, id, task, outcome, attempt, duration_ms
        | sort duration_ms desc
        | limit 50
      EOT
    }
  }
}

resource "aws_cloudwatch_query_definition" "this" {
  for_each = { for key, query in local.queries : key => query if var.queries }

  name            = "${var.prefix}/${each.key}"
  log_group_names = [each.value.log_group]
  query_string    = trimspace(each.value.query)
}
