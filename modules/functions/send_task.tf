locals {
  # The objects with lists of tasks, and their buckets, as ARNs. In a policy * ? and $ stand for more than themselves,
  # unless they are written as variables.
  task_objects = [for uri in var.task_objects : join("", [
    "arn:${var.aws.partition}:s3:::",
    replace(replace(replace(trimprefix(uri, "s3://"), "$", "$${$}"), "*", "$${*}"), "?", "$${?}"),
  ])]
  task_buckets = distinct([for arn in local.task_objects : split("/", arn)[0]])

  send_task = {
    name        = "${var.prefix}-send-task"
    handler     = "send_task"
    description = "Puts the tasks of a run on the queue ${var.workers["default"].queue.tasks.name}."
    timeout     = var.send_task.timeout
    memory      = var.send_task.memory
    storage     = 512
    layers      = var.workers["default"].layers
    vpc         = var.workers["default"].vpc
    log_group   = "/aws/lambda/${var.prefix}-send-task"
    environment = merge(
      {
        QUEUE_URL            = var.workers["default"].queue.tasks.url
        RUNS_DEAD_LETTER_URL = var.runs_dead_letters.url
      },
      length(var.workers) == 1 ? {} : {
        WORKER_QUEUES = jsonencode({ for name, worker in var.workers : name => worker.queue.tasks.url if name != "default" })
      },
      local.ledger_environment,
      local.notify_environment,
    )
    customer_key = {
      "kms:Decrypt"         = concat(["sqs", "dynamodb"], length(local.task_objects) == 0 ? [] : ["s3"])
      "kms:GenerateDataKey" = ["sqs", "dynamodb"]
    }
    permissions = concat(
      [
        {
          Effect = "Allow"
          Action = ["sqs:SendMessage"]
          Resource = concat(
            [local.queue_arns.tasks["default"]],
            [for name, arn in local.queue_arns.tasks : arn if name != "default"],
            [local.queue_arns.runs_dead_letters],
          )
        },
        {
          # A list that does not fit into its time goes on in another invocation.
          Effect   = "Allow"
          Action   = ["lambda:InvokeFunction"]
          Resource = [local.send_task_arn]
        },
        local.ledger_permission,
      ],
      length(local.task_objects) == 0 ? [] : [
        {
          Effect   = "Allow"
          Action   = ["s3:GetObject"]
          Resource = local.task_objects
        },
        {
          # Without it an object that is not there reads as forbidden.
          Effect   = "Allow"
          Action   = ["s3:ListBucket"]
          Resource = local.task_buckets
        },
      ],
      local.notify_permissions,
    )
  }
}

# Scheduler only hands a run over; one that send_task then fails at would vanish after Lambda's two retries.
resource "aws_lambda_function_event_invoke_config" "send_task" {
  function_name = aws_lambda_function.this["send_task"].function_name

  destination_config {
    on_failure {
      destination = var.runs_dead_letters.arn
    }
  }

  # Lambda checks the role's sqs:SendMessage at creation.
  depends_on = [aws_iam_role_policy.this]
}
