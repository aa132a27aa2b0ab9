mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/nightly" }
  }
  override_resource {
    target = aws_lambda_layer_version.runtime
    values = { arn = "arn:aws:lambda:eu-west-1:123456789012:layer:nightly-runtime:1" }
  }
  override_resource {
    target = aws_lambda_layer_version.dependencies
    values = { arn = "arn:aws:lambda:eu-west-1:123456789012:layer:nightly-dependencies:1" }
  }
}

variables {
  prefix = "nightly"
  queues = {
    tasks                = { name = "nightly-tasks", arn = "arn:aws:sqs:eu-west-1:123456789012:nightly-tasks", url = "https://tasks" }
    tasks_dead_letters   = { name = "nightly-tasks-dead-letter", arn = "arn:aws:sqs:eu-west-1:123456789012:nightly-tasks-dead-letter", url = "https://tasks-dead" }
    firings_dead_letters = { name = "nightly-firings-dead-letter", arn = "arn:aws:sqs:eu-west-1:123456789012:nightly-firings-dead-letter", url = "https://firings-dead" }
  }
  max_receive_count    = 13
  task_objects         = []
  deduplication        = false
  message_retention    = 345600
  task_code_dir        = "./tasks"
  runtime_dir          = "./lambda_src"
  layer_dir            = "./tests/module/code/dependencies"
  runtime              = "python3.12"
  architecture         = "x86_64"
  send_task_timeout    = 30
  send_task_memory     = 256
  run_task_timeout     = 60
  run_task_memory      = 512
  batch_size           = 7
  batch_window         = 3
  task_concurrency     = 4
  maximum_concurrency  = 5
  notify               = null
  notify_success_limit = 100
  metrics_by_schedule  = false
  log_retention_days   = 14
  tracing              = false
  vpc                  = null
  roles                = { path = "/", permissions_boundary = null }
  kms_key_arn          = null
  tags                 = { team = "data" }
}

run "two_functions_share_code_and_layers" {
  command = apply

  module {
    source = "./modules/functions"
  }

  assert {
    condition = { for key, function in aws_lambda_function.this : key => [
      function.function_name, function.handler, function.timeout, function.memory_size, function.runtime, one(function.architectures),
      ] } == {
      send_task = ["nightly-send-task", "task_scheduler.send_task.handler", 30, 256, "python3.12", "x86_64"]
      run_task  = ["nightly-run-task", "task_scheduler.run_task.handler", 60, 512, "python3.12", "x86_64"]
    }
    error_message = "a function is not what the variables say"
  }

  assert {
    condition = alltrue([for function in aws_lambda_function.this :
      function.layers == tolist([
        "arn:aws:lambda:eu-west-1:123456789012:layer:nightly-runtime:1",
        "arn:aws:lambda:eu-west-1:123456789012:layer:nightly-dependencies:1",
      ]) &&
      function.source_code_hash == data.archive_file.tasks.output_base64sha256 &&
      function.tags == tomap({ team = "data" })
    ])
    error_message = "a function lacks a layer, the tasks' code or its tags"
  }

  assert {
    condition = [for layer in [aws_lambda_layer_version.runtime, aws_lambda_layer_version.dependencies] : [
      layer.layer_name, one(layer.compatible_runtimes), one(layer.compatible_architectures),
      ]] == [
      ["nightly-runtime", "python3.12", "x86_64"],
      ["nightly-dependencies", "python3.12", "x86_64"],
    ]
    error_message = "a layer is not for the functions' runtime and architecture"
  }

  assert {
    condition = [for archive in [data.archive_file.tasks, data.archive_file.runtime, data.archive_file.dependencies] :
      [basename(archive.output_path), archive.output_file_mode]
      ] == [
      ["nightly-tasks.zip", "0644"],
      ["nightly-runtime.zip", "0644"],
      ["nightly-dependencies.zip", "0644"],
    ]
    error_message = "an archive has no name of its own, or keeps the modes of the machine that made it"
  }
}

run "the_environment_holds_addresses_only" {
  command = plan

  module {
    source = "./modules/functions"
  }

  assert {
    condition = { for key, function in aws_lambda_function.this : key => one(function.environment).variables } == {
      send_task = tomap({
        QUEUE_URL               = "https://tasks"
        FIRINGS_DEAD_LETTER_URL = "https://firings-dead"
        POWERTOOLS_SERVICE_NAME = "nightly"
      })
      run_task = tomap({
        QUEUE_URL               = "https://tasks"
        TASKS_DEAD_LETTER_URL   = "https://tasks-dead"
        MAX_RECEIVE_COUNT       = "13"
        TASK_CONCURRENCY        = "4"
        POWERTOOLS_SERVICE_NAME = "nightly"
      })
    }
    error_message = "a function's environment is not what its handler reads"
  }
}

run "each_role_may_do_what_its_function_does" {
  command = plan

  module {
    source = "./modules/functions"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this["send_task"].policy).Statement == [
      { Effect = "Allow", Action = ["sqs:SendMessage"], Resource = ["arn:aws:sqs:eu-west-1:123456789012:nightly-tasks", "arn:aws:sqs:eu-west-1:123456789012:nightly-firings-dead-letter"] },
      { Effect = "Allow", Action = ["lambda:InvokeFunction"], Resource = ["arn:aws:lambda:eu-west-1:123456789012:function:nightly-send-task"] },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.this["send_task"].arn}:*"]
      },
    ]
    error_message = "send_task may do something else than send to two queues, go on with a list and log"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this["run_task"].policy).Statement == [
      {
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
        Resource = ["arn:aws:sqs:eu-west-1:123456789012:nightly-tasks"]
      },
      { Effect = "Allow", Action = ["sqs:SendMessage"], Resource = ["arn:aws:sqs:eu-west-1:123456789012:nightly-tasks-dead-letter"] },
      {
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.this["run_task"].arn}:*"]
      },
    ]
    error_message = "run_task may do something else than consume its queue, send dead letters and log"
  }

  assert {
    condition = { for key, group in aws_cloudwatch_log_group.this : key => [group.name, group.retention_in_days] } == {
      send_task = ["/aws/lambda/nightly-send-task", 14]
      run_task  = ["/aws/lambda/nightly-run-task", 14]
    }
    error_message = "a function's log group is not its own, or kept for another time"
  }
}

run "batches_report_single_failures" {
  command = plan

  module {
    source = "./modules/functions"
  }

  assert {
    condition = (
      aws_lambda_event_source_mapping.tasks.function_response_types == toset(["ReportBatchItemFailures"]) &&
      aws_lambda_event_source_mapping.tasks.function_name == aws_lambda_function.this["run_task"].arn &&
      aws_lambda_event_source_mapping.tasks.event_source_arn == "arn:aws:sqs:eu-west-1:123456789012:nightly-tasks" &&
      aws_lambda_event_source_mapping.tasks.batch_size == 7 &&
      aws_lambda_event_source_mapping.tasks.maximum_batching_window_in_seconds == 3 &&
      one(aws_lambda_event_source_mapping.tasks.scaling_config).maximum_concurrency == 5
    )
    error_message = "the queue does not feed run_task as the variables say"
  }
}

run "no_limit_of_concurrency" {
  command = plan

  variables {
    maximum_concurrency = null
  }

  module {
    source = "./modules/functions"
  }

  assert {
    condition     = length(aws_lambda_event_source_mapping.tasks.scaling_config) == 0
    error_message = "null still limits the concurrency"
  }
}

run "a_firing_that_send_task_fails_at_becomes_a_dead_letter" {
  command = plan

  module {
    source = "./modules/functions"
  }

  assert {
    condition = (
      aws_lambda_function_event_invoke_config.send_task.function_name == "nightly-send-task" &&
      one(one(aws_lambda_function_event_invoke_config.send_task.destination_config).on_failure).destination == "arn:aws:sqs:eu-west-1:123456789012:nightly-firings-dead-letter"
    )
    error_message = "a firing that send_task fails at is lost"
  }
}

run "lists_in_s3_may_be_read_and_nothing_else_there" {
  command = plan

  variables {
    task_objects = ["s3://lists/daily/a.csv", "s3://lists/b.txt.gz", "s3://others/c.jsonl"]
  }

  module {
    source = "./modules/functions"
  }

  assert {
    condition = slice(jsondecode(aws_iam_role_policy.this["send_task"].policy).Statement, 2, 4) == [
      {
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["arn:aws:s3:::lists/daily/a.csv", "arn:aws:s3:::lists/b.txt.gz", "arn:aws:s3:::others/c.jsonl"]
      },
      { Effect = "Allow", Action = ["s3:ListBucket"], Resource = ["arn:aws:s3:::lists", "arn:aws:s3:::others"] },
    ]
    error_message = "send_task may not read its lists, or may read more"
  }
}

run "outcomes_are_remembered_for_as_long_as_a_message_lives" {
  command = apply

  variables {
    deduplication = true
  }

  module {
    source = "./modules/functions"
  }

  assert {
    condition = (
      aws_dynamodb_table.outcomes[0].name == "nightly-outcomes" &&
      aws_dynamodb_table.outcomes[0].billing_mode == "PAY_PER_REQUEST" &&
      aws_dynamodb_table.outcomes[0].hash_key == "id" &&
      one(aws_dynamodb_table.outcomes[0].ttl).attribute_name == "expiration" &&
      one(aws_dynamodb_table.outcomes[0].ttl).enabled
    )
    error_message = "the table is not the one that Powertools writes to"
  }

  assert {
    condition = tomap({
      for name, value in one(aws_lambda_function.this["run_task"].environment).variables : name => value if startswith(name, "IDEMPOTENCY")
    }) == tomap({ IDEMPOTENCY_TABLE = "nightly-outcomes", IDEMPOTENCY_SECONDS = "345600" })
    error_message = "run_task does not know the table"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this["run_task"].policy).Statement[2] == {
      Effect   = "Allow"
      Action   = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
      Resource = [aws_dynamodb_table.outcomes[0].arn]
    }
    error_message = "run_task may not write to the table, or may do more"
  }
}

run "a_key_encrypts_functions_logs_and_table_and_is_used_for_what_holds_data" {
  command = plan

  variables {
    kms_key_arn   = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
    deduplication = true
    task_objects  = ["s3://lists/a.csv"]
  }

  module {
    source = "./modules/functions"
  }

  assert {
    condition = alltrue([for arn in concat(
      values(aws_lambda_function.this)[*].kms_key_arn,
      values(aws_cloudwatch_log_group.this)[*].kms_key_id,
      [one(aws_dynamodb_table.outcomes[0].server_side_encryption).kms_key_arn],
    ) : arn == "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"])
    error_message = "a function, log group or table is not encrypted with the key"
  }

  assert {
    condition = { for key, policy in aws_iam_role_policy.this : key => [
      for statement in jsondecode(policy.policy).Statement : statement if startswith(statement.Action[0], "kms:")
      ] } == {
      for key, services in { send_task = ["sqs", "s3"], run_task = ["sqs", "dynamodb"] } : key => [{
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = ["arn:aws:kms:eu-west-1:123456789012:key/1234abcd"]
        Condition = { StringEquals = { "kms:ViaService" = [for service in services : "${service}.eu-west-1.amazonaws.com"] } }
      }]
    }
    error_message = "a role cannot open what is encrypted with the key, or may use it for more"
  }
}

run "traces_are_written_only_when_they_are_wanted" {
  command = plan

  variables {
    tracing = true
  }

  module {
    source = "./modules/functions"
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : one(function.tracing_config).mode == "Active"])
    error_message = "a function is not traced"
  }

  assert {
    condition = alltrue([for policy in aws_iam_role_policy.this :
      contains(flatten(jsondecode(policy.policy).Statement[*].Action), "xray:PutTraceSegments")
    ])
    error_message = "a role may not write traces"
  }
}

run "without_tracing_its_mode_is_taken_back" {
  command = plan

  module {
    source = "./modules/functions"
  }

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : one(function.tracing_config).mode == "PassThrough"])
    error_message = "a function would go on tracing after the switch is off"
  }
}

run "in_a_vpc_lambda_makes_the_interfaces_and_the_code_cannot" {
  command = plan

  variables {
    vpc = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] }
  }

  module {
    source = "./modules/functions"
  }

  assert {
    condition = alltrue([for function in aws_lambda_function.this :
      one(function.vpc_config).subnet_ids == toset(["subnet-1", "subnet-2"]) && one(function.vpc_config).security_group_ids == toset(["sg-1"])
    ])
    error_message = "a function is not in the VPC"
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.this["run_task"].policy).Statement : statement if startswith(statement.Action[0], "ec2:")] == [
      {
        Effect = "Allow"
        Action = ["ec2:CreateNetworkInterface"]
        Resource = [
          "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-1",
          "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-2",
          "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-1",
          "arn:aws:ec2:eu-west-1:123456789012:network-interface/*",
        ]
      },
      {
        Effect   = "Allow"
        Action   = ["ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"]
        Resource = ["arn:aws:ec2:eu-west-1:123456789012:network-interface/*"]
      },
      {
        Effect   = "Allow"
        Action   = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
        Resource = ["*"]
      },
      {
        Effect = "Deny"
        Action = [
          "ec2:CreateNetworkInterface",
          "ec2:DeleteNetworkInterface",
          "ec2:AssignPrivateIpAddresses",
          "ec2:UnassignPrivateIpAddresses",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeSubnets",
        ]
        Resource  = ["*"]
        Condition = { ArnEquals = { "lambda:SourceFunctionArn" = "arn:aws:lambda:eu-west-1:123456789012:function:nightly-run-task" } }
      },
    ]
    error_message = "Lambda cannot put run_task into the VPC, or the code in it can do so itself"
  }
}

run "the_roles_lie_where_the_organisation_wants_them" {
  command = plan

  variables {
    roles = { path = "/jobs/", permissions_boundary = "arn:aws:iam::123456789012:policy/bound" }
  }

  module {
    source = "./modules/functions"
  }

  assert {
    condition     = alltrue([for role in aws_iam_role.this : [role.path, role.permissions_boundary] == ["/jobs/", "arn:aws:iam::123456789012:policy/bound"]])
    error_message = "a role lacks its path or its boundary"
  }
}

run "urls_of_chat_services_are_read_from_the_parameter_alone" {
  command = plan

  variables {
    notify               = { ssm_parameter = "/jobs/chat", secret = null, kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/0123" }
    notify_success_limit = 20
    metrics_by_schedule  = true
  }

  module {
    source = "./modules/functions"
  }

  assert {
    condition = {
      for key, function in aws_lambda_function.this : key => { for name, value in one(function.environment).variables : name => value if can(regex("NOTIFY|METRICS", name)) }
      } == {
      send_task = { NOTIFY_SUCCESS_LIMIT = "20", METRICS_BY_SCHEDULE = "true" }
      run_task  = { NOTIFY_SSM_PARAMETER = "/jobs/chat", METRICS_BY_SCHEDULE = "true" }
    }
    error_message = "a function does not know what is told, or knows too much"
  }

  assert {
    condition = slice(jsondecode(aws_iam_role_policy.this["run_task"].policy).Statement, 2, 4) == [
      { Effect = "Allow", Action = ["ssm:GetParameter"], Resource = ["arn:aws:ssm:eu-west-1:123456789012:parameter/jobs/chat"] },
      {
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = ["arn:aws:kms:eu-west-1:123456789012:key/0123"]
        Condition = { StringEquals = { "kms:ViaService" = ["ssm.eu-west-1.amazonaws.com"] } }
      },
    ]
    error_message = "run_task may not read the parameter, or may read more"
  }

  assert {
    condition     = !strcontains(aws_iam_role_policy.this["send_task"].policy, "/jobs/chat")
    error_message = "send_task may read the parameter, too"
  }
}

run "a_secret_is_read_by_its_name_and_the_six_characters_that_aws_adds" {
  command = plan

  variables {
    notify = { ssm_parameter = null, secret = "jobs/chat", kms_key_arn = null }
  }

  module {
    source = "./modules/functions"
  }

  assert {
    condition     = one(aws_lambda_function.this["run_task"].environment).variables["NOTIFY_SECRET"] == "jobs/chat"
    error_message = "run_task does not know the secret"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this["run_task"].policy).Statement[2] == {
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:jobs/chat-??????"]
    }
    error_message = "run_task may not read the secret, or may read more"
  }
}

run "a_secret_is_read_by_its_arn" {
  command = plan

  variables {
    notify = { ssm_parameter = null, secret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:chat-AbCdEf", kms_key_arn = null }
  }

  module {
    source = "./modules/functions"
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.this["run_task"].policy).Statement[2].Resource == ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:chat-AbCdEf"]
    error_message = "run_task may not read the secret, or may read more"
  }
}
