# One of every resource type that the stand-in knows. With `changed` every input that can change in
# place has another value, or is gone where that is possible, or is there where it was not.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws     = { source = "hashicorp/aws", version = ">= 5.76, < 7" }
    archive = { source = "hashicorp/archive", version = ">= 2.5, < 3" }
  }
}

provider "aws" {
  default_tags {
    tags = { owner = "tests" }
  }
}

variable "prefix" {
  description = "Starts every name."
  type        = string
}

variable "changed" {
  description = "Whether every input has its other value."
  type        = bool
  default     = false
}

data "aws_caller_identity" "this" {}
data "aws_partition" "this" {}

data "aws_service" "sqs" {
  service_id = "sqs"
}

data "archive_file" "code" {
  type             = "zip"
  source_dir       = "${path.root}/code"
  output_path      = "${path.root}/code.zip"
  output_file_mode = "0644"
}

data "archive_file" "changed_code" {
  type                    = "zip"
  source_content          = "def handler(event, context):\n    return 'changed'\n"
  source_content_filename = "handler.py"
  output_path             = "${path.root}/changed.zip"
}

locals {
  tags = var.changed ? { purpose = "changed", added = "yes" } : { purpose = "first", removed = "yes" }
  code = var.changed ? data.archive_file.changed_code : data.archive_file.code

  queue_arn = join(":", [
    "arn", data.aws_partition.this.partition, "sqs", data.aws_service.sqs.region,
    data.aws_caller_identity.this.account_id, "${var.prefix}-tasks",
  ])

  assume_role_policy = { for changed in [true, false] : changed => jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = ["sts:AssumeRole"]
      Principal = { Service = changed ? "scheduler.amazonaws.com" : "lambda.amazonaws.com" }
    }]
  }) }
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.prefix}-dead-letters"
  message_retention_seconds = var.changed ? 1209600 : 600000
  sqs_managed_sse_enabled   = true

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.queue_arn]
  })
}

resource "aws_sqs_queue" "tasks" {
  name                       = "${var.prefix}-tasks"
  delay_seconds              = var.changed ? 5 : 0
  max_message_size           = var.changed ? 2048 : null
  message_retention_seconds  = var.changed ? 900 : 345600
  receive_wait_time_seconds  = var.changed ? 20 : 0
  visibility_timeout_seconds = var.changed ? 600 : 360
  tags                       = local.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Deny"
      Principal = "*"
      Action    = var.changed ? ["sqs:*"] : ["sqs:SendMessage", "sqs:ReceiveMessage"]
      Resource  = local.queue_arn
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]
  })
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = var.changed ? 20 : 10
  })
}

resource "aws_sqs_queue" "redriven" {
  name          = "${var.prefix}-redriven"
  delay_seconds = var.changed ? 5 : 0
}

resource "aws_sqs_queue_redrive_policy" "this" {
  queue_url = aws_sqs_queue.redriven.url
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = var.changed ? 20 : 10
  })
}

resource "aws_sqs_queue" "fifo" {
  name                        = "${var.prefix}.fifo"
  fifo_queue                  = true
  content_based_deduplication = var.changed
  deduplication_scope         = var.changed ? "queue" : "messageGroup"
  fifo_throughput_limit       = var.changed ? "perQueue" : "perMessageGroupId"
}

resource "aws_sqs_queue" "fifo_dead_letters" {
  name          = "${var.prefix}-dead-letters.fifo"
  fifo_queue    = true
  delay_seconds = var.changed ? 1 : 0
}

resource "aws_sqs_queue_redrive_policy" "fifo" {
  queue_url = aws_sqs_queue.fifo.url

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.fifo_dead_letters.arn
    maxReceiveCount     = var.changed ? 20 : 10
  })
}

resource "aws_cloudwatch_log_group" "named" {
  name              = "/aws/lambda/${var.prefix}"
  retention_in_days = var.changed ? 30 : 7
  tags              = local.tags
}

resource "aws_cloudwatch_log_group" "generated" {
  name_prefix       = "${var.prefix}-"
  retention_in_days = var.changed ? null : 1
}

resource "aws_iam_role" "named" {
  name                 = var.prefix
  description          = var.changed ? null : "first"
  max_session_duration = var.changed ? 7200 : 3600
  assume_role_policy   = local.assume_role_policy[var.changed]
  permissions_boundary = var.changed ? "arn:aws:iam::aws:policy/PowerUserAccess" : null
  tags                 = local.tags
}

resource "aws_iam_role" "generated" {
  assume_role_policy = local.assume_role_policy[var.changed]
}

resource "aws_iam_role_policy" "this" {
  name = var.prefix
  role = aws_iam_role.named.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = var.changed ? ["sqs:SendMessage"] : ["sqs:SendMessage", "sqs:ReceiveMessage"]
      Resource = [aws_sqs_queue.tasks.arn]
    }]
  })
}

resource "aws_iam_policy" "this" {
  name = var.prefix
  tags = local.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = var.changed ? ["s3:GetObject"] : ["s3:GetObject", "s3:PutObject"]
      Resource = ["arn:aws:s3:::reports/*"]
    }]
  })
}

resource "aws_iam_role_policy_attachment" "this" {
  role       = aws_iam_role.named.id
  policy_arn = var.changed ? "arn:aws:iam::aws:policy/ReadOnlyAccess" : aws_iam_policy.this.arn
}

resource "aws_lambda_layer_version" "this" {
  layer_name               = var.prefix
  filename                 = data.archive_file.code.output_path
  source_code_hash         = data.archive_file.code.output_base64sha256
  compatible_architectures = ["x86_64", "arm64"]
  compatible_runtimes      = ["python3.13", "python3.12"]
}

resource "aws_lambda_function" "this" {
  function_name                  = var.prefix
  description                    = var.changed ? null : "first"
  role                           = aws_iam_role.named.arn
  handler                        = "handler.handler"
  runtime                        = var.changed ? "python3.12" : "python3.13"
  architectures                  = [var.changed ? "x86_64" : "arm64"]
  timeout                        = var.changed ? 60 : 30
  memory_size                    = var.changed ? 512 : 256
  reserved_concurrent_executions = var.changed ? 5 : null
  filename                       = local.code.output_path
  source_code_hash               = local.code.output_base64sha256
  layers                         = var.changed ? null : [aws_lambda_layer_version.this.arn]
  tags                           = local.tags

  dynamic "environment" {
    for_each = var.changed ? [] : [1]

    content {
      variables = { QUEUE_URL = aws_sqs_queue.tasks.url }
    }
  }

  dynamic "dead_letter_config" {
    for_each = var.changed ? [1] : []

    content {
      target_arn = aws_sqs_queue.dead_letters.arn
    }
  }

  logging_config {
    log_format            = var.changed ? "JSON" : "Text"
    application_log_level = var.changed ? "INFO" : null
    log_group             = aws_cloudwatch_log_group.named.name
  }

  tracing_config {
    mode = var.changed ? "Active" : "PassThrough"
  }

  ephemeral_storage {
    size = var.changed ? 1024 : 512
  }
}

resource "aws_lambda_function_event_invoke_config" "this" {
  function_name                = aws_lambda_function.this.function_name
  maximum_retry_attempts       = var.changed ? 0 : 2
  maximum_event_age_in_seconds = var.changed ? 60 : null

  destination_config {
    on_failure {
      destination = var.changed ? aws_sqs_queue.tasks.arn : aws_sqs_queue.dead_letters.arn
    }
  }
}

resource "aws_lambda_event_source_mapping" "this" {
  event_source_arn                   = aws_sqs_queue.tasks.arn
  function_name                      = aws_lambda_function.this.arn
  batch_size                         = var.changed ? 100 : 10
  enabled                            = !var.changed
  maximum_batching_window_in_seconds = var.changed ? 5 : null
  function_response_types            = var.changed ? null : ["ReportBatchItemFailures"]
  tags                               = local.tags

  dynamic "scaling_config" {
    for_each = var.changed ? [] : [10]

    content {
      maximum_concurrency = scaling_config.value
    }
  }

  dynamic "filter_criteria" {
    for_each = var.changed ? [1] : []

    content {
      filter {
        pattern = jsonencode({ body = { version = [1] } })
      }
    }
  }
}

resource "aws_scheduler_schedule_group" "this" {
  name = var.prefix
  tags = local.tags
}

resource "aws_scheduler_schedule" "this" {
  name                         = "nightly"
  group_name                   = aws_scheduler_schedule_group.this.name
  description                  = var.changed ? null : "first"
  state                        = var.changed ? "DISABLED" : "ENABLED"
  schedule_expression          = var.changed ? "rate(2 hours)" : "at(2037-12-31T23:59:59)"
  schedule_expression_timezone = var.changed ? "Europe/Berlin" : "Asia/Taipei"
  start_date                   = var.changed ? "2036-01-01T00:00:00Z" : null
  end_date                     = var.changed ? "2037-01-01T00:00:00Z" : null

  flexible_time_window {
    mode                      = var.changed ? "FLEXIBLE" : "OFF"
    maximum_window_in_minutes = var.changed ? 15 : null
  }

  target {
    arn      = aws_lambda_function.this.arn
    role_arn = aws_iam_role.named.arn
    input    = "{\"at\":\"<aws.scheduler.scheduled-time>\",\"changed\":${var.changed}}"

    retry_policy {
      maximum_retry_attempts       = var.changed ? 0 : 3
      maximum_event_age_in_seconds = var.changed ? 60 : 3600
    }

    dynamic "dead_letter_config" {
      for_each = var.changed ? [] : [aws_sqs_queue.dead_letters.arn]

      content {
        arn = dead_letter_config.value
      }
    }
  }
}

resource "aws_dynamodb_table" "this" {
  name                        = var.prefix
  billing_mode                = var.changed ? "PROVISIONED" : "PAY_PER_REQUEST"
  read_capacity               = var.changed ? 2 : null
  write_capacity              = var.changed ? 3 : null
  deletion_protection_enabled = var.changed
  hash_key                    = "id"
  range_key                   = "at"
  tags                        = local.tags

  attribute {
    name = "id"
    type = "S"
  }

  attribute {
    name = "at"
    type = "N"
  }

  ttl {
    attribute_name = "expires"
    enabled        = !var.changed
  }

  point_in_time_recovery {
    enabled = var.changed
  }

  server_side_encryption {
    enabled = !var.changed
  }
}

resource "aws_s3_bucket" "this" {
  bucket        = "${var.prefix}-bucket"
  force_destroy = !var.changed
  tags          = local.tags
}

resource "aws_s3_object" "text" {
  bucket           = aws_s3_bucket.this.bucket
  key              = "tasks/list.jsonl"
  content          = var.changed ? "changed" : "first"
  content_type     = var.changed ? "text/plain" : "application/jsonl"
  content_encoding = var.changed ? "gzip" : null
  metadata         = var.changed ? { changed = "yes" } : null
  tags             = local.tags
}

resource "aws_s3_object" "file" {
  bucket      = aws_s3_bucket.this.bucket
  key         = "code.zip"
  source      = local.code.output_path
  source_hash = local.code.output_md5
}

resource "aws_ssm_parameter" "secret" {
  name        = "/${var.prefix}/secret"
  description = var.changed ? null : "first"
  type        = "SecureString"
  value       = var.changed ? "changed secret" : "first secret"
  tags        = local.tags
}

resource "aws_ssm_parameter" "plain" {
  name           = "/${var.prefix}/plain"
  type           = "String"
  insecure_value = var.changed ? "changed" : "first"
}

resource "aws_sns_topic" "this" {
  name         = var.prefix
  display_name = var.changed ? null : "first"
  tags         = local.tags
}

resource "aws_sns_topic_policy" "this" {
  arn = aws_sns_topic.this.arn

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = var.changed ? ["sns:Publish"] : ["sns:Publish", "sns:Subscribe"]
      Resource  = aws_sns_topic.this.arn
    }]
  })
}

resource "aws_sns_topic_subscription" "this" {
  topic_arn            = aws_sns_topic.this.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.tasks.arn
  raw_message_delivery = var.changed
  filter_policy        = var.changed ? null : jsonencode({ kind = ["first"] })
}

resource "aws_cloudwatch_metric_alarm" "metric" {
  alarm_name                = var.prefix
  alarm_description         = var.changed ? null : "first"
  actions_enabled           = !var.changed
  alarm_actions             = [aws_sns_topic.this.arn]
  ok_actions                = var.changed ? [aws_sns_topic.this.arn] : null
  insufficient_data_actions = var.changed ? null : [aws_sns_topic.this.arn]
  comparison_operator       = var.changed ? "GreaterThanThreshold" : "LessThanThreshold"
  evaluation_periods        = var.changed ? 2 : 1
  datapoints_to_alarm       = var.changed ? 1 : null
  metric_name               = "ApproximateNumberOfMessagesVisible"
  namespace                 = "AWS/SQS"
  dimensions                = { QueueName = var.changed ? aws_sqs_queue.tasks.name : aws_sqs_queue.dead_letters.name }
  period                    = var.changed ? 300 : 60
  statistic                 = var.changed ? "Maximum" : "Sum"
  threshold                 = var.changed ? 0 : 1.5
  treat_missing_data        = var.changed ? "notBreaching" : "missing"
  tags                      = local.tags
}

resource "aws_cloudwatch_metric_alarm" "queries" {
  alarm_name          = "${var.prefix}-queries"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  threshold           = 0.1

  metric_query {
    id          = "rate"
    expression  = var.changed ? "100 * errors" : "errors"
    return_data = true
  }

  metric_query {
    id = "errors"

    metric {
      namespace   = "AWS/Lambda"
      metric_name = "Errors"
      dimensions  = { FunctionName = aws_lambda_function.this.function_name }
      period      = 60
      stat        = "Sum"
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "percentile" {
  alarm_name          = "${var.prefix}-percentile"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  threshold           = var.changed ? 1000 : 500
  namespace           = "AWS/Lambda"
  metric_name         = "Duration"
  period              = var.changed ? 60 : 10
  extended_statistic  = "p99"
  unit                = "Milliseconds"
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.prefix

  dashboard_body = jsonencode({
    widgets = [{
      type       = "metric"
      x          = 0
      y          = 0
      width      = var.changed ? 24 : 12
      height     = 6
      properties = { metrics = [["AWS/SQS", "NumberOfMessagesSent"]], region = data.aws_service.sqs.region }
    }]
  })
}

resource "aws_cloudwatch_query_definition" "this" {
  name            = "${var.prefix}/failed"
  log_group_names = var.changed ? null : [aws_cloudwatch_log_group.named.name]
  query_string    = var.changed ? "fields @message" : "fields @timestamp, @message"
}

resource "aws_cloudwatch_log_metric_filter" "this" {
  name           = var.prefix
  log_group_name = aws_cloudwatch_log_group.named.name
  pattern        = var.changed ? "" : "\n  { $.message = \"run\" }\n"

  metric_transformation {
    namespace     = "Jobs"
    name          = var.changed ? "Lines" : "Runs"
    value         = "1"
    unit          = var.changed ? "Count" : null
    default_value = var.changed ? "0.5" : null
    dimensions    = var.changed ? null : { schedule = "$.schedule" }
  }
}
