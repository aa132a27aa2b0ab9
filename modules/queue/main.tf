locals {
  # SQS asks for the suffix, and for a FIFO queue's dead-letter queue to be FIFO as well; Scheduler
  # and Lambda take no FIFO queue for a dead-letter queue.
  suffixes = { for fifo in [true, false] : fifo => fifo ? ".fifo" : "" }

  # Workers share the dead-letter queue of the default one, and have another where they are of the other kind.
  dead_letters = merge(
    { default = { fifo = var.workers["default"].fifo, name = "tasks-dead-letter" } },
    alltrue([for worker in var.workers : worker.fifo == var.workers["default"].fifo])
    ? {}
    : { workers = { fifo = !var.workers["default"].fifo, name = "workers-dead-letter" } },
  )
  dead_letters_of = { for name, worker in var.workers : name => worker.fifo == var.workers["default"].fifo ? "default" : "workers" }

  names = {
    tasks = { for name, worker in var.workers :
      name => "${var.prefix}-tasks${name == "default" ? "" : "-${name}"}${local.suffixes[worker.fifo]}"
    }
    tasks_dead_letters = { for key, queue in local.dead_letters :
      key => "${var.prefix}-${queue.name}${local.suffixes[queue.fifo]}"
    }
    runs_dead_letters = { default = "${var.prefix}-runs-dead-letter" }
  }

  # Built from the names: policies that refer to the queues would be resources of their
  # own, and each further level in the graph costs the provider about 25 s of waiting.
  arns = { for kind, names in local.names : kind => { for key, name in names :
    key => "arn:${var.aws.partition}:sqs:${var.aws.region}:${var.aws.account}:${name}"
  } }

  # Who of the account may use the queues is up to IAM; the queues themselves insist on encryption in
  # transit, and on the account, whatever another policy may grant.
  policies = { for kind, arns in local.arns : kind => { for key, arn in arns : key => jsonencode({
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
  }) } }
}

resource "aws_sqs_queue" "tasks" {
  for_each = var.workers

  name                       = local.names.tasks[each.key]
  fifo_queue                 = each.value.fifo
  deduplication_scope        = each.value.fifo ? "messageGroup" : null # with the next, FIFO's high throughput
  fifo_throughput_limit      = each.value.fifo ? "perMessageGroupId" : null
  visibility_timeout_seconds = each.value.visibility_timeout
  message_retention_seconds  = var.message_retention
  receive_wait_time_seconds  = var.receive_wait_time
  sqs_managed_sse_enabled    = var.kms_key_arn == null ? true : null # either this or a key
  kms_master_key_id          = var.kms_key_arn
  policy                     = local.policies.tasks[each.key]
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
  for_each = var.workers

  queue_url = aws_sqs_queue.tasks[each.key].url
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.tasks_dead_letters[local.dead_letters_of[each.key]].arn
    maxReceiveCount     = each.value.max_receive_count
  })

  # A new queue has it before anything is received from there.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_sqs_queue" "tasks_dead_letters" {
  for_each = local.dead_letters

  name                      = local.names.tasks_dead_letters[each.key]
  fifo_queue                = each.value.fifo
  message_retention_seconds = var.dead_letter_retention
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  kms_master_key_id         = var.kms_key_arn
  policy                    = local.policies.tasks_dead_letters[each.key]
  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [for name, arn in local.arns.tasks : arn if local.dead_letters_of[name] == each.key]
  })
  tags = var.tags

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_sqs_queue" "runs_dead_letters" {
  name                      = local.names.runs_dead_letters.default
  message_retention_seconds = var.dead_letter_retention
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  kms_master_key_id         = var.kms_key_arn
  policy                    = local.policies.runs_dead_letters.default
  redrive_allow_policy      = jsonencode({ redrivePermission = "denyAll" })
  tags                      = var.tags
}

moved {
  from = aws_sqs_queue.tasks
  to   = aws_sqs_queue.tasks["default"]
}

moved {
  from = aws_sqs_queue_redrive_policy.tasks
  to   = aws_sqs_queue_redrive_policy.tasks["default"]
}

moved {
  from = aws_sqs_queue.tasks_dead_letters
  to   = aws_sqs_queue.tasks_dead_letters["default"]
}
