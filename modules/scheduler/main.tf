resource "aws_scheduler_schedule_group" "this" {
  name = var.prefix
  tags = var.tags

  # Every schedule is in the group, so none is planned before all of them are found to be right.
  lifecycle {
    precondition {
      condition     = length(local.problems) == 0
      error_message = join("\n  ", concat(["Schedules that cannot work:"], local.problems))
    }
  }
}

resource "aws_scheduler_schedule" "this" {
  # Not var.schedules: Terraform works through the whole of for_each for each schedule anew, and texts
  # are gone through ten times as fast as objects.
  for_each = local.inputs

  name                         = each.key
  group_name                   = aws_scheduler_schedule_group.this.name
  description                  = var.schedules[each.key].description
  state                        = var.schedules[each.key].enabled && var.schedules[each.key].after == null ? "ENABLED" : "DISABLED"
  schedule_expression          = local.expressions[each.key]
  schedule_expression_timezone = var.schedules[each.key].timezone == null ? var.timezone : var.schedules[each.key].timezone
  start_date                   = var.schedules[each.key].start_date
  end_date                     = var.schedules[each.key].end_date
  kms_key_arn                  = var.kms_key_arn

  flexible_time_window {
    mode                      = var.schedules[each.key].flexible_window_minutes == null ? "OFF" : "FLEXIBLE"
    maximum_window_in_minutes = var.schedules[each.key].flexible_window_minutes
  }

  target {
    arn      = var.send_task_arn
    role_arn = aws_iam_role.this.arn
    input    = each.value

    retry_policy {
      maximum_retry_attempts       = var.schedules[each.key].delivery_retries
      maximum_event_age_in_seconds = var.schedules[each.key].delivery_max_age
    }

    dead_letter_config {
      arn = var.dead_letter_queue_arn
    }
  }

  # A schedule that is due at once would run without the permission to.
  depends_on = [aws_iam_role_policy.this]
}

resource "aws_iam_role" "this" {
  name                 = var.roles.names.scheduler
  path                 = var.roles.path
  permissions_boundary = var.roles.permissions_boundary
  description          = "Role of the schedules in the group ${var.prefix}."
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "scheduler.amazonaws.com" }
      # AWS asks for a group's ARN here, never a schedule's.
      Condition = {
        StringEquals = {
          "aws:SourceAccount" = var.aws.account
          "aws:SourceArn"     = [aws_scheduler_schedule_group.this.arn, aws_scheduler_schedule_group.keep_runs.arn]
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name = "${var.prefix}-scheduler"
  role = aws_iam_role.this.id # unlike its name unknown when it is replaced, and so replaced with it

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Effect   = "Allow"
          Action   = ["lambda:InvokeFunction"]
          Resource = [var.send_task_arn, var.keep_runs_arn]
        },
        {
          Effect   = "Allow"
          Action   = ["sqs:SendMessage"]
          Resource = [var.dead_letter_queue_arn]
        },
      ],
      flatten([for arn in var.kms_key_arn[*] : [
        {
          # Scheduler reads a schedule in the name of its role.
          Effect   = "Allow"
          Action   = ["kms:Decrypt"]
          Resource = [arn]
          Condition = { ArnLike = { "kms:EncryptionContext:aws:scheduler:schedule:arn" = [
            for group in [var.prefix, "${var.prefix}-keep-runs"] : "arn:${var.aws.partition}:scheduler:${var.aws.region}:${var.aws.account}:schedule/${group}/*"
          ] } }
        },
        {
          Effect    = "Allow"
          Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource  = [arn]
          Condition = { StringEquals = { "kms:ViaService" = "sqs.${var.aws.region}.${var.aws.dns_suffix}" } }
        },
      ]]),
    )
  })
}
