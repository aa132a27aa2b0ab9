# keep_runs' own schedule. In a group of its own: it is no schedule of the user's, and its invocations
# do not count among theirs.

locals {
  # What follows on a run's end is started by keep_runs, so it then comes often.
  starts_runs = anytrue([for schedule in var.schedules : schedule.overlap == "queue"])
}

resource "aws_scheduler_schedule_group" "keep_runs" {
  name = "${aws_scheduler_schedule_group.this.name}-keep-runs"
  tags = var.tags
}

resource "aws_scheduler_schedule" "keep_runs" {
  name                = "keep-runs"
  group_name          = aws_scheduler_schedule_group.keep_runs.name
  description         = "Looks after the runs of the schedules in the group ${var.prefix}."
  schedule_expression = local.starts_runs ? "rate(1 minute)" : "rate(5 minutes)"
  kms_key_arn         = var.kms_key_arn

  flexible_time_window {
    mode = "OFF"
  }

  target {
    arn      = var.keep_runs_arn
    role_arn = aws_iam_role.this.arn
    input    = "{}"

    # It comes again by itself, so a failed invocation needs no dead letter either.
    retry_policy {
      maximum_retry_attempts       = 0
      maximum_event_age_in_seconds = 60
    }
  }

  # Due at once, it would fire without the permission to.
  depends_on = [aws_iam_role_policy.this]
}
