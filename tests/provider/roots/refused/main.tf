# tflint-ignore-file: terraform_unused_declarations
# Each of these is refused, with the words in the comment above it.

terraform {
  required_version = ">= 1.9"

  required_providers {
    aws     = { source = "hashicorp/aws", version = ">= 5.76, < 7" }
    archive = { source = "hashicorp/archive", version = ">= 2.5, < 3" }
  }
}

# Unsupported argument
resource "aws_sqs_queue" "unknown_attribute" {
  visibility = 30
}

# a number is required
resource "aws_sqs_queue" "wrong_type" {
  delay_seconds = "soon"
}

# its value will be decided automatically
resource "aws_sqs_queue" "computed_only" {
  arn = "arn:aws:sqs:::queue"
}

# assume_role_policy
resource "aws_iam_role" "missing_argument" {
}

# Unsupported block
resource "aws_sqs_queue" "unknown_block" {
  timeout {
    create = 1
  }
}

# is 43201, must be 0 to 43200
resource "aws_sqs_queue" "visibility" {
  visibility_timeout_seconds = 43201
}

# is 59, must be 60 to 1209600
resource "aws_sqs_queue" "retention" {
  message_retention_seconds = 59
}

# must be 0 to 900
resource "aws_sqs_queue" "delay" {
  delay_seconds = 901
}

# must be 1024 to 1048576
resource "aws_sqs_queue" "message_size" {
  max_message_size = 1023
}

# is not valid JSON
resource "aws_sqs_queue" "queue_policy" {
  policy = "{not json"
}

# "kms_master_key_id" conflicts with "sqs_managed_sse_enabled"
resource "aws_sqs_queue" "two_encryptions" {
  kms_master_key_id       = "alias/a"
  sqs_managed_sse_enabled = true
}

# "name" conflicts with "name_prefix"
resource "aws_sqs_queue" "two_names" {
  name        = "a"
  name_prefix = "b"
}

# perMessageGroupId, perQueue
resource "aws_sqs_queue" "throughput" {
  fifo_throughput_limit = "fast"
}

# is 8, must be one of 0, 1, 3, 5, 7, 14
resource "aws_cloudwatch_log_group" "log_retention" {
  retention_in_days = 8
}

# must match
resource "aws_cloudwatch_log_group" "log_group_name" {
  name = "a b"
}

# must match
resource "aws_iam_role" "role_name" {
  assume_role_policy = "{}"
  name               = "a role"
}

# has 65 bytes, must have 1 to 64
resource "aws_iam_role" "long_role_name" {
  assume_role_policy = "{}"
  name               = "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"
}

# must be 3600 to 43200
resource "aws_iam_role" "session" {
  assume_role_policy   = "{}"
  max_session_duration = 60
}

# handler must be set when package_type is Zip
resource "aws_lambda_function" "no_handler" {
  function_name = "function"
  role          = "arn:aws:iam::000000000000:role/role"
  filename      = "code.zip"
  runtime       = "python3.13"
}

# exactly one of
resource "aws_lambda_function" "no_code" {
  function_name = "function"
  role          = "arn:aws:iam::000000000000:role/role"
  handler       = "a.b"
  runtime       = "python3.13"
}

# exactly one of "filename", "image_uri", "s3_bucket" must be set, 2 are
resource "aws_lambda_function" "two_codes" {
  function_name = "function"
  role          = "arn:aws:iam::000000000000:role/role"
  filename      = "code.zip"
  handler       = "a.b"
  runtime       = "python3.13"
  s3_bucket     = "b"
  s3_key        = "k"
}

# "s3_bucket" needs "s3_key"
resource "aws_lambda_function" "bucket_without_key" {
  function_name = "function"
  role          = "arn:aws:iam::000000000000:role/role"
  handler       = "a.b"
  s3_bucket     = "b"
  runtime       = "python3.13"
}

# must be 1 to 900
resource "aws_lambda_function" "function_timeout" {
  function_name = "function"
  role          = "arn:aws:iam::000000000000:role/role"
  filename      = "code.zip"
  handler       = "a.b"
  runtime       = "python3.13"
  timeout       = 901
}

# must be 128 to 32768
resource "aws_lambda_function" "memory" {
  function_name = "function"
  role          = "arn:aws:iam::000000000000:role/role"
  filename      = "code.zip"
  handler       = "a.b"
  runtime       = "python3.13"
  memory_size   = 64
}

# has 6 items, must have 0 to 5
resource "aws_lambda_function" "layers" {
  function_name = "function"
  role          = "arn:aws:iam::000000000000:role/role"
  filename      = "code.zip"
  handler       = "a.b"
  runtime       = "python3.13"
  layers        = [for i in range(6) : "arn:aws:lambda:::layer:l:${i}"]
}

# is not an ARN
resource "aws_lambda_function" "layer_is_no_arn" {
  function_name = "function"
  role          = "arn:aws:iam::000000000000:role/role"
  filename      = "code.zip"
  handler       = "a.b"
  runtime       = "python3.13"
  layers        = ["layer"]
}

# is not an ARN
resource "aws_iam_role" "account_of_one_digit" {
  assume_role_policy   = "{}"
  permissions_boundary = "arn:aws:iam::1:policy/boundary"
}

# Too many environment blocks
resource "aws_lambda_function" "two_environments" {
  function_name = "function"
  role          = "arn:aws:iam::000000000000:role/role"
  filename      = "code.zip"
  handler       = "a.b"
  runtime       = "python3.13"
  environment {}
  environment {}
}

# JSON, Text
resource "aws_lambda_function" "log_format" {
  function_name = "function"
  role          = "arn:aws:iam::000000000000:role/role"
  filename      = "code.zip"
  handler       = "a.b"
  runtime       = "python3.13"
  logging_config {
    log_format = "XML"
  }
}

# layer_name
resource "aws_lambda_layer_version" "layer_without_name" {
  filename = "code.zip"
}

# "filename" conflicts with "s3_bucket"
resource "aws_lambda_layer_version" "layer_with_two_codes" {
  filename   = "code.zip"
  layer_name = "l"
  s3_bucket  = "b"
}

# scaling_config.maximum_concurrency: is 1, must be at least 2
resource "aws_lambda_event_source_mapping" "concurrency" {
  event_source_arn = "arn:aws:sqs:us-east-1:000000000000:queue"
  function_name    = "function"

  scaling_config {
    maximum_concurrency = 1
  }
}

# ReportBatchItemFailures
resource "aws_lambda_event_source_mapping" "response_type" {
  event_source_arn        = "arn:aws:sqs:us-east-1:000000000000:queue"
  function_name           = "function"
  function_response_types = ["All"]
}

# must be 0 to 2
resource "aws_lambda_function_event_invoke_config" "invoke_retries" {
  function_name          = "function"
  maximum_retry_attempts = 3
}

# must be 60 to 21600
resource "aws_lambda_function_event_invoke_config" "invoke_age" {
  function_name                = "function"
  maximum_event_age_in_seconds = 59
}

# must match
resource "aws_scheduler_schedule" "schedule_name" {
  schedule_expression = "rate(1 hour)"

  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = "arn:aws:lambda:us-east-1:000000000000:function:function"
    role_arn = "arn:aws:iam::000000000000:role/role"
  }
  name = "a b"
}

# ENABLED, DISABLED
resource "aws_scheduler_schedule" "schedule_state" {
  schedule_expression = "rate(1 hour)"

  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = "arn:aws:lambda:us-east-1:000000000000:function:function"
    role_arn = "arn:aws:iam::000000000000:role/role"
  }
  state = "ON"
}

# not an RFC 3339 time
resource "aws_scheduler_schedule" "start_date" {
  schedule_expression = "rate(1 hour)"

  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = "arn:aws:lambda:us-east-1:000000000000:function:function"
    role_arn = "arn:aws:iam::000000000000:role/role"
  }
  start_date = "2030-01-01"
}

# not an RFC 3339 time
resource "aws_scheduler_schedule" "end_date_without_seconds" {
  schedule_expression = "rate(1 hour)"

  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = "arn:aws:lambda:us-east-1:000000000000:function:function"
    role_arn = "arn:aws:iam::000000000000:role/role"
  }
  end_date = "2027-01-01T00:00Z"
}

# At least 1 "flexible_time_window" blocks are required
resource "aws_scheduler_schedule" "no_window" {
  schedule_expression = "rate(1 hour)"

  target {
    arn      = "arn:aws:lambda:us-east-1:000000000000:function:function"
    role_arn = "arn:aws:iam::000000000000:role/role"
  }
}

# At least 1 "target" blocks are required
resource "aws_scheduler_schedule" "no_target" {
  schedule_expression = "rate(1 hour)"

  flexible_time_window {
    mode = "OFF"
  }
}

# flexible_time_window.maximum_window_in_minutes: is 1441, must be 1 to 1440
resource "aws_scheduler_schedule" "flexible_minutes" {
  schedule_expression = "rate(1 hour)"

  target {
    arn      = "arn:aws:lambda:us-east-1:000000000000:function:function"
    role_arn = "arn:aws:iam::000000000000:role/role"
  }
  flexible_time_window {
    mode                      = "FLEXIBLE"
    maximum_window_in_minutes = 1441
  }
}

# must be 0 to 185
resource "aws_scheduler_schedule" "delivery_retries" {
  schedule_expression = "rate(1 hour)"

  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = "arn:aws:lambda:us-east-1:000000000000:function:function"
    role_arn = "arn:aws:iam::000000000000:role/role"
    retry_policy {
      maximum_retry_attempts = 186
    }
  }
}

# must be 60 to 86400
resource "aws_scheduler_schedule" "event_age" {
  schedule_expression = "rate(1 hour)"

  flexible_time_window {
    mode = "OFF"
  }
  target {
    arn      = "arn:aws:lambda:us-east-1:000000000000:function:function"
    role_arn = "arn:aws:iam::000000000000:role/role"
    retry_policy {
      maximum_event_age_in_seconds = 59
    }
  }
}

# exactly one of
data "archive_file" "archive_of_nothing" {
  type        = "zip"
  output_path = "out.zip"
}

# exactly one of "source", "source_content", "source_dir", "source_file" must be set, 2 are
data "archive_file" "archive_of_two" {
  type        = "zip"
  output_path = "out.zip"
  source_dir  = "."
  source_file = "main.tf"
}

# must match [0-7]
data "archive_file" "archive_mode" {
  type             = "zip"
  output_path      = "out.zip"
  source_dir       = "."
  output_file_mode = "rw"
}

# is "X", must be one of S, N, B
resource "aws_dynamodb_table" "attribute_type" {
  name         = "table"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "X"
  }
}

# has 64 bytes, must have 0 to 63
resource "aws_s3_bucket" "bucket_name" {
  bucket = join("", [for i in range(64) : "b"])
}

# "content" conflicts with "source"
resource "aws_s3_object" "two_contents" {
  bucket  = "bucket"
  key     = "key"
  content = "text"
  source  = "file"
}

# exactly one of "insecure_value", "value" must be set, 2 are
resource "aws_ssm_parameter" "two_values" {
  name           = "name"
  type           = "String"
  value          = "a"
  insecure_value = "b"
}

# is "Secret", must be one of String, StringList, SecureString
resource "aws_ssm_parameter" "parameter_type" {
  name  = "name"
  type  = "Secret"
  value = "a"
}

# is "pigeon", must be one of application
resource "aws_sns_topic_subscription" "protocol" {
  topic_arn = "arn:aws:sns:us-east-1:000000000000:topic"
  protocol  = "pigeon"
  endpoint  = "roof"
}

# One of `statistic` or `extended_statistic` must be set
resource "aws_cloudwatch_metric_alarm" "no_statistic" {
  alarm_name          = "alarm"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "Errors"
}

# period: is 90, must be one of 10, 20, 30 or a multiple of 60
resource "aws_cloudwatch_metric_alarm" "alarm_period" {
  alarm_name          = "alarm"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "Errors"
  period              = 90
  statistic           = "Sum"
}

# metric_query.metric.period: is 15, must be one of 1, 5, 10, 20, 30 or a multiple of 60
resource "aws_cloudwatch_metric_alarm" "query_period" {
  alarm_name          = "alarm"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1

  metric_query {
    id = "m"

    metric {
      metric_name = "Errors"
      period      = 15
      stat        = "Sum"
    }
  }
}

# unit: is "Percents", must be one of Seconds
resource "aws_cloudwatch_metric_alarm" "alarm_unit" {
  alarm_name          = "alarm"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "Errors"
  statistic           = "Sum"
  unit                = "Percents"
}

# "metric_name" conflicts with "metric_query"
resource "aws_cloudwatch_metric_alarm" "two_metrics" {
  alarm_name          = "alarm"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "Errors"

  metric_query {
    id         = "m"
    expression = "1"
  }
}

# dashboard_body: is not valid JSON
resource "aws_cloudwatch_dashboard" "body" {
  dashboard_name = "dashboard"
  dashboard_body = "widgets"
}

# the stand-in for hashicorp/aws tells dns_name and takes none: set service_id
data "aws_service" "service_by_name" {
  dns_name = "sqs.us-east-1.amazonaws.com"
}

# service ID not provided
data "aws_service" "no_service" {
}

# is "sqz", must be one of dynamodb
data "aws_service" "unknown_service" {
  service_id = "sqz"
}

# name: is "/failed", must match
resource "aws_cloudwatch_query_definition" "query_name" {
  name         = "/failed"
  query_string = "fields @message"
}

# has 256 bytes, must have 1 to 255
resource "aws_cloudwatch_query_definition" "long_query_name" {
  name         = join("", [for i in range(256) : "n"])
  query_string = "fields @message"
}

# log_group_names: is "a group", must match
resource "aws_cloudwatch_query_definition" "query_log_group" {
  name            = "failed"
  log_group_names = ["/aws/lambda/function", "a group"]
  query_string    = "fields @message"
}

# unit: is "Counts", must be one of Seconds
resource "aws_cloudwatch_log_metric_filter" "filter_unit" {
  name           = "filter"
  log_group_name = "group"
  pattern        = ""

  metric_transformation {
    namespace = "Jobs"
    name      = "Runs"
    unit      = "Counts"
    value     = "1"
  }
}
