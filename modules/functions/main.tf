locals {
  # The roles' permissions name what they may reach: so a plan shows the policies whole, and a function's
  # own ARN in its role's policy would be a cycle.
  function_arns = { for key, function in local.functions : key => "${local.arn_of.lambda}:function:${function.name}" }
  send_task_arn = "${local.arn_of.lambda}:function:${var.prefix}-send-task"
  queue_arns = {
    tasks             = { for name, worker in var.workers : name => "${local.arn_of.sqs}:${worker.queue.tasks.name}" }
    dead_letters      = { for name, worker in var.workers : name => "${local.arn_of.sqs}:${worker.queue.dead_letters.name}" }
    runs_dead_letters = "${local.arn_of.sqs}:${var.runs_dead_letters.name}"
  }

  # What the ARNs of a service begin with here.
  arn_of = { for service in ["lambda", "sqs"] : service => "arn:${var.aws.partition}:${service}:${var.aws.region}:${var.aws.account}" }

  # The same objects, and their buckets, as ARNs. In a policy * ? and $ stand for more than themselves,
  # unless they are written as variables.
  task_objects = [for uri in var.task_objects : join("", [
    "arn:${var.aws.partition}:s3:::",
    replace(replace(replace(trimprefix(uri, "s3://"), "$", "$${$}"), "*", "$${*}"), "?", "$${?}"),
  ])]
  task_buckets = distinct([for arn in local.task_objects : split("/", arn)[0]])

  # The functions of workers by the workers' names: the default one's is run_task.
  worker_functions = { for name in keys(var.workers) : name => name == "default" ? "run_task" : "run_task-${name}" }

  # What is peculiar to each function; everything else they share.
  functions = merge(
    { send_task = local.send_task, keep_runs = local.keep_runs },
    { for name, function in local.run_tasks : local.worker_functions[name] => function },
  )

  # `customer_key` are the services through which a function reads and writes what is encrypted with the
  # customer key, if there is one.
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

  # The run ledger: what each function knows of it, and may do with it. A transaction needs the
  # permissions of the operations in it.
  ledger_arn = "arn:${var.aws.partition}:dynamodb:${var.aws.region}:${var.aws.account}:table/${var.ledger_table}"
  ledger_environment = {
    LEDGER_TABLE     = var.ledger_table
    LEDGER_RETENTION = tostring(var.ledger_retention)
  }
  ledger_permission = {
    Effect   = "Allow"
    Action   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
    Resource = [local.ledger_arn]
  }
}

resource "aws_lambda_function" "this" {
  # checkov:skip=CKV_AWS_116: run_task is invoked by its queue, which has a dead-letter queue; send_task has an on-failure destination; keep_runs comes again
  # checkov:skip=CKV_AWS_115: reserved concurrency throttles good messages into the dead-letter queue; maximum_concurrency limits the mapping
  # checkov:skip=CKV_AWS_272: the packages are built from the user's own folder at plan, and there is nobody to sign them
  for_each = local.functions

  function_name    = each.value.name
  description      = each.value.description
  role             = aws_iam_role.this[each.key].arn
  handler          = "task_scheduler.${each.value.handler}.handler"
  runtime          = var.runtime
  architectures    = [var.architecture]
  timeout          = each.value.timeout
  memory_size      = each.value.memory
  filename         = var.package_bucket == null ? local.packages.tasks.path : null
  s3_bucket        = var.package_bucket
  s3_key           = try(aws_s3_object.packages["tasks"].key, null)
  source_code_hash = local.packages.tasks.sha256
  layers           = concat([aws_lambda_layer_version.runtime.arn], aws_lambda_layer_version.dependencies[*].arn, each.value.layers)
  kms_key_arn      = var.kms_key_arn
  tags             = var.tags

  environment {
    variables = local.environments[each.key]
  }

  # Always there, since the provider does not take a mode back with its block.
  tracing_config {
    mode = var.tracing ? "Active" : "PassThrough"
  }

  ephemeral_storage {
    size = each.value.storage
  }

  # Lambda itself logs to a group of the function's name.
  dynamic "logging_config" {
    for_each = each.value.log_group == "/aws/lambda/${each.value.name}" ? [] : [each.value.log_group]

    content {
      log_format = "Text"
      log_group  = logging_config.value
    }
  }

  dynamic "vpc_config" {
    for_each = each.value.vpc[*]

    content {
      subnet_ids         = vpc_config.value.subnet_ids
      security_group_ids = vpc_config.value.security_group_ids
    }
  }

  # A first invocation before these exist could not log, or Lambda would make a log group without retention.
  depends_on = [aws_cloudwatch_log_group.this, aws_iam_role_policy.this, aws_iam_role_policy_attachment.task_code]

  lifecycle {
    precondition {
      condition     = local.environment_bytes[each.key] <= local.max_environment_bytes
      error_message = "The environment of ${each.value.name} has ${local.environment_bytes[each.key]} bytes, ${local.environment_bytes[each.key] - local.max_environment_bytes} too many: Lambda takes 4 KB, names and values, of which the module itself needs about 1 KB. Put large texts of `environment` into a file of the task folder, or into SSM parameters, with `secrets`."
    }
  }
}

resource "aws_cloudwatch_log_group" "this" {
  # checkov:skip=CKV_AWS_338: log_retention_days is the user's choice, and each day costs
  for_each = { for key, function in local.functions : key => function if function.log_group == "/aws/lambda/${function.name}" }

  name              = each.value.log_group
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
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

# keep_runs comes again by itself: what it failed at, or had no room for, is not tried once more beside that.
resource "aws_lambda_function_event_invoke_config" "keep_runs" {
  function_name                = aws_lambda_function.this["keep_runs"].function_name
  maximum_retry_attempts       = 0
  maximum_event_age_in_seconds = 60
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
