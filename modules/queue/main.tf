locals {
  # SQS asks for the suffix, and for a FIFO queue's dead-letter queue to be FIFO as well; Scheduler
  # and Lambda take no FIFO queue for a dead-letter queue.
  suffix = var.fifo ? ".fifo" : ""

  names = {
    tasks              = "${var.prefix}-tasks${local.suffix}"
    tasks_dead_letters = "${var.prefix}-tasks-dead-letter${local.suffix}"
    runs_dead_letters  = "${var.prefix}-runs-dead-letter"
  }

  # Built from the names: policies that refer to the queues would be resources of their
  # own, and each further level in the graph costs the provider about 25 s of waiting.
  arns = { for key, name in local.names :
    key => "arn:${var.aws.partition}:sqs:${var.aws.region}:${var.aws.account}:${name}"
  }

  # Who of the account may use the queues is up to IAM; the queues themselves insist on encryption in
  # transit, and on the account, whatever another policy may grant.
  policies = { for key, arn in local.arns : key => jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyWithoutTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "DenyOtherAccounts"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = arn
        Condition = {
          StringNotEquals = { "aws:PrincipalAccount" = var.aws.account }
          Bool            = { "aws:PrincipalIsAWSService" = "false" } # they have no account
        }
      },
    ]
  }) }
}

resource "aws_sqs_queue" "tasks" {
  name                       = local.names.tasks
  fifo_queue                 = var.fifo
  deduplication_scope        = var.fifo ? "messageGroup" : null # with the next, FIFO's high throughput
  fifo_throughput_limit      = var.fifo ? "perMessageGroupId" : null
  visibility_timeout_seconds = var.visibility_timeout
  message_retention_seconds  = var.message_retention
  receive_wait_time_seconds  = var.receive_wait_time
  sqs_managed_sse_enabled    = var.kms_key_arn == null ? true : null # either this or a key
  kms_master_key_id          = var.kms_key_arn
  policy                     = local.policies.tasks
  redrive_allow_policy       = jsonencode({ redrivePermission = "denyAll" })
  tags                       = var.tags

  # With FIFO queues have other names: there is always one to send to.
  lifecycle {
    create_before_destroy = true
  }
}

# Not in the queue, which would then be made after its dead-letter queue and keep the functions, which
# need its URL, waiting: the provider waits for each queue, and for this, half a minute.
resource "aws_sqs_queue_redrive_policy" "tasks" {
  queue_url = aws_sqs_queue.tasks.url
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.tasks_dead_letters.arn
    maxReceiveCount     = var.max_receive_count
  })

  # A new queue has it before anything is received from there.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_sqs_queue" "tasks_dead_letters" {
  name                      = local.names.tasks_dead_letters
  fifo_queue                = var.fifo
  message_retention_seconds = var.dead_letter_retention
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  kms_master_key_id         = var.kms_key_arn
  policy                    = local.policies.tasks_dead_letters
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [local.arns.tasks]
  })
  tags = var.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_sqs_queue" "runs_dead_letters" {
  name                      = local.names.runs_dead_letters
  message_retention_seconds = var.dead_letter_retention
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  kms_master_key_id         = var.kms_key_arn
  policy                    = local.policies.runs_dead_letters
  redrive_allow_policy      = jsonencode({ redrivePermission = "denyAll" })
  tags                      = var.tags
}
