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

  # What is peculiar to each function, in a file each; everything else they share. `customer_key` are the
  # services through which a function reads and writes what is encrypted with the customer key, if there is
  # one.
  functions = merge(
    { send_task = local.send_task, keep_runs = local.keep_runs },
    { for name, function in local.run_tasks : local.worker_functions[name] => function },
  )
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
