# keep_runs' own schedule. In a group of its own: it is not a schedule of the user's, and its invocations
# do not count among theirs.

locals {
  # What follows on a run's end is started by keep_runs, so it then comes often.
  starts_runs = anytrue([for schedule in var.schedules : schedule.overlap == "queue" || schedule.after != null])

  # What keep_runs watches: in its event, since a function's environment has room for 4 KB alone.
  watched = { for name, schedule in var.schedules : name => { for key, value in {
    expected_every = schedule.expected_every
    finish_within  = schedule.finish_within
    notify_on      = var.notify_on == null ? null : sort(schedule.notify_on == null ? var.notify_on : schedule.notify_on)
    notify_to      = schedule.notify_to == null ? null : sort(compact(schedule.notify_to))
    mention        = schedule.mention
    timezone       = schedule.timezone == null ? var.timezone : schedule.timezone
    start          = schedule.start_date
    end            = schedule.end_date
  } : key => value if value != null } if schedule.enabled && (schedule.expected_every != null || schedule.finish_within != null) }

  # Those that it starts after others; what they run is in their own schedules.
  followers = { for name, others in local.before : name => {
    after       = sort(others)
    any_outcome = var.schedules[name].after_any_outcome
  } if var.schedules[name].enabled }

  keep_runs_input = jsonencode({ for key, value in { watched = local.watched, followers = local.followers } : key => value if length(value) > 0 })
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
    input    = local.keep_runs_input

    # It comes again by itself, so a failed invocation needs no dead letter either.
    retry_policy {
      maximum_retry_attempts       = 0
      maximum_event_age_in_seconds = 60
    }
  }

  lifecycle {
    precondition {
      condition     = length(local.keep_runs_input) <= local.max_input_bytes
      error_message = "${length(local.watched)} schedules have expected_every or finish_within, ${length(local.followers)} have after, and what keep_runs is told of them has ${length(local.keep_runs_input)} characters, more than the ${local.max_input_bytes} that fit. Watch fewer of them, or have fewer follow others."
    }
  }

  # Due at once, it would be invoked without the permission to.
  depends_on = [aws_iam_role_policy.this]
}
