# An alarm for each schedule that says how often it must fire (expected_every). Scheduler's own
# metrics are those of the whole group, so the runs are counted from send_task's log.

locals {
  # Many short periods, all of which must be silent. CloudWatch looks at a few more than an alarm asks
  # for, and as long as one of those had a run it does not count the missing ones as silent: so the
  # alarm comes late by some periods. With one period of a day that would be days.
  periods = { for name, seconds in var.expected_every : name => ceil(seconds / 24 / 60) * 60 }
}

resource "aws_cloudwatch_log_metric_filter" "runs" {
  for_each = var.expected_every

  name           = "${var.prefix}-${each.key}"
  log_group_name = var.functions.send_task.log_group

  # A failed run has sent nothing. The rest of a long list, and a line that is sent again, do not count.
  pattern = "{ $.message = \"run\" && $.schedule = \"${each.key}\" && $.sent >= 0 && $.began_at NOT EXISTS && $.only NOT EXISTS }"

  metric_transformation {
    namespace  = "TaskScheduler/${var.prefix}"
    name       = "Runs"
    value      = "1"
    dimensions = { schedule = "$.schedule" }
  }
}

resource "aws_cloudwatch_metric_alarm" "silence" {
  for_each = var.expected_every

  alarm_name          = "${var.prefix}-silent-${each.key}"
  alarm_description   = "The schedule ${each.key} has not fired for ${each.value} seconds (expected_every). `taskctl next ${each.key} --prefix ${var.prefix}` shows when it should have and whether it is paused, ${local.taskctl.failed} and the log of ${var.functions.send_task.name} what stopped it. A run by hand (`taskctl run`) counts as one. For a schedule that has never fired yet, the alarm ends with its first run."
  namespace           = "TaskScheduler/${var.prefix}"
  metric_name         = "Runs"
  dimensions          = { schedule = each.key }
  statistic           = "Sum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = local.periods[each.key]
  evaluation_periods  = ceil(each.value / local.periods[each.key])
  treat_missing_data  = "breaching" # no run, no metric
  alarm_actions       = [local.topic_arn]
  ok_actions          = [local.topic_arn]
  tags                = var.tags

  depends_on = [aws_cloudwatch_log_metric_filter.runs]
}
