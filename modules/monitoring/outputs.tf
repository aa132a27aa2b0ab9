output "topic_arn" {
  description = "ARN of the SNS topic that alarms go to."
  value       = local.topic_arn
}

output "alarms" {
  description = "The names of all alarms."
  value       = values(aws_cloudwatch_metric_alarm.this)[*].alarm_name
}

output "dashboard" {
  description = "The name of the dashboard; null if there is none."
  value       = one(aws_cloudwatch_dashboard.this[*].dashboard_name)
}
