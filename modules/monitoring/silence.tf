# An alarm for each schedule that says how often it has to fire (expected_every). Scheduler's own
# metrics are those of the whole group, so the firings are counted from send_task's log.

locals {
  # An alarm looks at whole periods of a day at most, all of which have to be silent.
  silences = { for name, seconds in var.expected_every : name => {
    seconds = seconds
    periods = ceil(seconds / 86400)
    period  = ceil(seconds / ceil(seconds / 86400) / 60) * 60
  } }
}

resource "aws_cloudwatch_log_metric_filter" "firings" {
  for_each = local.silences

  name           = "${var.prefix}-${each.key}"
  log_group_name = var.functions.send_task.log_group
  pattern        = "{ $.message = \"firing\" && $.schedule = \"${each.key}\" && $.sent >= 0 }" # one that failed sent nothing

  metric_transformation {
    namespace  = "TaskScheduler/${var.prefix}"
    name       = "Firings"
    value      = "1"
    dimensions = { schedule = "$.schedule" }
  }
}

resource "aws_cloudwatch_metric_alarm" "silence" {
  for_each = local.silences

  alarm_name          = "${var.prefix}-silent-${each.key}"
  alarm_description   = "The schedule ${each.key} has not fired for ${each.value.seconds} seconds (expected_every). `taskctl next ${each.key}` tells when it should have and whether it is paused; the alarms for dropped and refused firings and the log of ${var.functions.send_task.name} tell what stopped it. For a schedule that has never fired yet, the alarm ends with its first firing."
  namespace           = "TaskScheduler/${var.prefix}"
  metric_name         = "Firings"
  dimensions          = { schedule = each.key }
  statistic           = "Sum"
  comparison_operator = "LessThanThreshold"
  threshold           = 1
  period              = each.value.period
  evaluation_periods  = each.value.periods
  treat_missing_data  = "breaching" # no firing, no metric
  alarm_actions       = [local.topic_arn]
  ok_actions          = [local.topic_arn]
  tags                = var.tags

  depends_on = [aws_cloudwatch_log_metric_filter.firings]
}
