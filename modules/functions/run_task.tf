locals {
  # The functions of workers by the workers' names: the default one's is run_task.
  worker_functions = { for name in keys(var.workers) : name => name == "default" ? "run_task" : "run_task-${name}" }

  # Their logs are one, so that queries, metrics and taskctl have one place to look.
  run_tasks = { for name, worker in var.workers : name => {
    name        = "${var.prefix}-run-task${name == "default" ? "" : "-${name}"}"
    handler     = "run_task"
    description = "Runs the tasks on the queue ${worker.queue.tasks.name}."
    timeout     = worker.timeout
    memory      = worker.memory
    storage     = worker.storage
    layers      = worker.layers
    vpc         = worker.vpc
    log_group   = "/aws/lambda/${var.prefix}-run-task"
    environment = merge(
      {
        QUEUE_URL             = worker.queue.tasks.url
        TASKS_DEAD_LETTER_URL = worker.queue.dead_letters.url
        MAX_RECEIVE_COUNT     = tostring(worker.max_receive_count)
        MESSAGE_RETENTION     = tostring(var.message_retention)
        TASK_CONCURRENCY      = tostring(worker.task_concurrency)
      },
      local.ledger_environment,
      var.deduplication ? { DEDUPLICATION = "true", OUTCOME_RETENTION = tostring(var.outcome_retention) } : {},
      local.notify_environment,
    )
    customer_key = {
      "kms:Decrypt"         = ["sqs", "dynamodb"]
      "kms:GenerateDataKey" = ["sqs", "dynamodb"]
    }
    permissions = concat(
      [
        {
          Effect = "Allow"
          Action = [
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
          ]
          Resource = [local.queue_arns.tasks[name]]
        },
        {
          # What the ledger does not take for now goes back to the queue, to be recorded later.
          Effect   = "Allow"
          Action   = ["sqs:SendMessage"]
          Resource = [local.queue_arns.tasks[name], local.queue_arns.dead_letters[name]]
        },
        local.ledger_permission,
      ],
      local.notify_permissions,
    )
  } }
}

resource "aws_lambda_event_source_mapping" "tasks" {
  for_each = var.workers

  event_source_arn                   = each.value.queue.event_source_arn
  function_name                      = aws_lambda_function.this[local.worker_functions[each.key]].arn
  batch_size                         = each.value.batch_size
  maximum_batching_window_in_seconds = each.value.batch_window
  function_response_types            = ["ReportBatchItemFailures"]
  tags                               = var.tags

  dynamic "scaling_config" {
    for_each = each.value.maximum_concurrency[*]

    content {
      maximum_concurrency = scaling_config.value
    }
  }

  # Lambda checks the role's permissions on the queue at creation.
  depends_on = [aws_iam_role_policy.this]
}

moved {
  from = aws_lambda_event_source_mapping.tasks
  to   = aws_lambda_event_source_mapping.tasks["default"]
}
