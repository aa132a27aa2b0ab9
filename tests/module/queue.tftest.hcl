mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws-cn" }
  }
  mock_data "aws_region" {
    defaults = { id = "cn-north-1" }
  }
}

variables {
  prefix                = "nightly"
  fifo                  = false
  visibility_timeout    = 360
  message_retention     = 345600
  receive_wait_time     = 20
  max_receive_count     = 13
  dead_letter_retention = 1209600
  kms_key_arn           = null
  tags                  = { team = "data" }
}

run "three_encrypted_queues" {
  command = plan

  module {
    source = "./modules/queue"
  }

  assert {
    condition = {
      tasks                = aws_sqs_queue.tasks.name
      tasks_dead_letters   = aws_sqs_queue.tasks_dead_letters.name
      firings_dead_letters = aws_sqs_queue.firings_dead_letters.name
      } == {
      tasks                = "nightly-tasks"
      tasks_dead_letters   = "nightly-tasks-dead-letter"
      firings_dead_letters = "nightly-firings-dead-letter"
    }
    error_message = "the queues' names are not what the prefix makes of them"
  }

  assert {
    condition = alltrue([for queue in [aws_sqs_queue.tasks, aws_sqs_queue.tasks_dead_letters, aws_sqs_queue.firings_dead_letters] :
      queue.sqs_managed_sse_enabled && queue.tags == tomap({ team = "data" })
    ])
    error_message = "a queue is not encrypted or not tagged"
  }
}

run "timings_reach_the_queues" {
  command = plan

  module {
    source = "./modules/queue"
  }

  assert {
    condition = [
      aws_sqs_queue.tasks.visibility_timeout_seconds,
      aws_sqs_queue.tasks.message_retention_seconds,
      aws_sqs_queue.tasks.receive_wait_time_seconds,
      aws_sqs_queue.tasks_dead_letters.message_retention_seconds,
      aws_sqs_queue.firings_dead_letters.message_retention_seconds,
    ] == [360, 345600, 20, 1209600, 1209600]
    error_message = "a timing went astray"
  }
}

run "every_queue_insists_on_tls_and_grants_nothing" {
  command = plan

  module {
    source = "./modules/queue"
  }

  assert {
    condition = alltrue([for queue in [aws_sqs_queue.tasks, aws_sqs_queue.tasks_dead_letters, aws_sqs_queue.firings_dead_letters] :
      jsondecode(queue.policy).Statement == [{
        Sid       = "DenyWithoutTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = "arn:aws-cn:sqs:cn-north-1:123456789012:${queue.name}"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }]
    ])
    error_message = "a queue's policy is not the one statement that denies what comes without TLS"
  }
}

run "only_the_task_queue_feeds_the_tasks_dead_letters" {
  command = apply

  module {
    source = "./modules/queue"
  }

  assert {
    condition = jsondecode(aws_sqs_queue.tasks.redrive_policy) == {
      deadLetterTargetArn = aws_sqs_queue.tasks_dead_letters.arn
      maxReceiveCount     = 13
    }
    error_message = "the task queue does not redrive to its dead-letter queue"
  }

  assert {
    condition = jsondecode(aws_sqs_queue.tasks_dead_letters.redrive_allow_policy) == {
      redrivePermission = "byQueue"
      sourceQueueArns   = ["arn:aws-cn:sqs:cn-north-1:123456789012:nightly-tasks"]
    }
    error_message = "the tasks' dead-letter queue is open to other queues, or closed to its own"
  }

  assert {
    condition = alltrue([for queue in [aws_sqs_queue.tasks, aws_sqs_queue.firings_dead_letters] :
      jsondecode(queue.redrive_allow_policy) == { redrivePermission = "denyAll" }
    ])
    error_message = "a queue that is nobody's dead-letter queue may be used as one"
  }
}

run "fifo_is_for_the_task_queue_and_its_dead_letters" {
  command = plan

  variables {
    fifo = true
  }

  module {
    source = "./modules/queue"
  }

  assert {
    condition = { for queue in [aws_sqs_queue.tasks, aws_sqs_queue.tasks_dead_letters, aws_sqs_queue.firings_dead_letters] :
      queue.name => queue.fifo_queue == true && queue.content_based_deduplication != true
      } == {
      "nightly-tasks.fifo"             = true
      "nightly-tasks-dead-letter.fifo" = true
      "nightly-firings-dead-letter"    = false
    }
    error_message = "the wrong queues are FIFO, or drop messages for being alike"
  }

  assert {
    condition     = [aws_sqs_queue.tasks.deduplication_scope, aws_sqs_queue.tasks.fifo_throughput_limit] == ["messageGroup", "perMessageGroupId"]
    error_message = "one message group slows the others down"
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.tasks_dead_letters.redrive_allow_policy).sourceQueueArns == ["arn:aws-cn:sqs:cn-north-1:123456789012:nightly-tasks.fifo"]
    error_message = "the dead-letter queue is closed to its own queue"
  }
}

run "a_key_takes_the_place_of_sqs_own" {
  command = plan

  variables {
    kms_key_arn = "arn:aws-cn:kms:cn-north-1:123456789012:key/1234abcd"
  }

  module {
    source = "./modules/queue"
  }

  assert {
    condition = alltrue([for queue in [aws_sqs_queue.tasks, aws_sqs_queue.tasks_dead_letters, aws_sqs_queue.firings_dead_letters] :
      queue.kms_master_key_id == "arn:aws-cn:kms:cn-north-1:123456789012:key/1234abcd"
    ])
    error_message = "a queue is not encrypted with the key"
  }
}
