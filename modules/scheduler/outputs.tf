output "role" {
  description = "The role that the schedules invoke send_task and keep_runs with: name and arn."
  value = {
    name = aws_iam_role.this.name
    arn  = aws_iam_role.this.arn
  }
}

output "group" {
  description = "The schedule group: name and arn."
  value = {
    name = aws_scheduler_schedule_group.this.name
    arn  = aws_scheduler_schedule_group.this.arn
  }
}

output "schedules" {
  description = "Name and arn of each schedule, by name."
  value = { for key, schedule in aws_scheduler_schedule.this : key => {
    name = schedule.name
    arn  = schedule.arn
  } }
}
