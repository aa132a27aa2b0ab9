locals {
  keep_runs = {
    name        = "${var.prefix}-keep-runs"
    handler     = "keep_runs"
    description = "Looks after the runs in ${var.ledger_table}: repeats what got lost, closes what cannot end, starts what waits."
    timeout     = 60
    memory      = 256
    storage     = 512
    layers      = var.workers["default"].layers
    vpc         = var.workers["default"].vpc
    log_group   = "/aws/lambda/${var.prefix}-keep-runs"
    environment = merge(
      {
        SEND_TASK_FUNCTION = "${var.prefix}-send-task"
        MESSAGE_RETENTION  = tostring(var.message_retention)
        SCHEDULE_GROUP     = var.prefix
      },
      local.ledger_environment,
      local.notify_environment,
    )
    customer_key = {
      "kms:Decrypt"         = var.has_followers ? ["dynamodb", "scheduler"] : ["dynamodb"]
      "kms:GenerateDataKey" = ["dynamodb"]
    }
    permissions = concat(
      [
        {
          # Runs that wait are started, and lists that broke off gone on with.
          Effect   = "Allow"
          Action   = ["lambda:InvokeFunction"]
          Resource = [local.send_task_arn]
        },
        local.ledger_permission,
        {
          # Of all items it removes only the marks of what is due.
          Effect    = "Allow"
          Action    = ["dynamodb:DeleteItem"]
          Resource  = [local.ledger_arn]
          Condition = { "ForAllValues:StringEquals" = { "dynamodb:LeadingKeys" = ["due"] } }
        },
      ],
      # What schedules run that it starts after others is in their own inputs.
      var.has_followers ? [{
        Effect   = "Allow"
        Action   = ["scheduler:GetSchedule"]
        Resource = ["arn:${var.aws.partition}:scheduler:${var.aws.region}:${var.aws.account}:schedule/${var.prefix}/*"]
      }] : [],
      local.notify_permissions,
    )
  }
}

# keep_runs comes again by itself: what it failed at, or had no room for, is not tried once more beside that.
resource "aws_lambda_function_event_invoke_config" "keep_runs" {
  function_name                = aws_lambda_function.this["keep_runs"].function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
}
