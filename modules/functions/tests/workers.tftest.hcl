mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "each_worker_has_a_function_a_role_and_a_mapping_of_its_own_and_one_log_for_all" {
  command = apply

  variables {
    workers = {
      default = var.workers.default
      big = merge(var.workers.default, {
        queue = {
          tasks            = { name = "nightly-tasks-big", arn = "arn:aws:sqs:eu-west-1:123456789012:nightly-tasks-big", url = "https://tasks-big" }
          dead_letters     = { name = "nightly-tasks-dead-letter", arn = "arn:aws:sqs:eu-west-1:123456789012:nightly-tasks-dead-letter", url = "https://tasks-dead" }
          event_source_arn = "arn:aws:sqs:eu-west-1:123456789012:nightly-tasks-big"
        }
        visibility_timeout  = 5400
        max_receive_count   = 20
        timeout             = 900
        memory              = 4096
        storage             = 2048
        batch_size          = 1
        batch_window        = 0
        task_concurrency    = 1
        maximum_concurrency = null
        vpc                 = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
        environment         = { STAGE = "big" }
        policy_statements   = [{ sid = null, actions = ["s3:GetObject"], resources = ["arn:aws:s3:::reports/*"], conditions = {}, generators = false }]
        policy_arns         = { mail = "arn:aws:iam::123456789012:policy/mail" }
      })
    }
    roles = { names = { send_task = "s", run_task = "r", keep_runs = "k", run_task-big = "nightly-eu-west-1-run-task-big" }, path = "/", permissions_boundary = null }
  }

  assert {
    condition = [for function in [aws_lambda_function.this["run_task-big"]] : [
      function.function_name, function.handler, function.timeout, function.memory_size, one(function.ephemeral_storage).size,
      one(function.logging_config).log_group, one(function.logging_config).log_format, length(function.vpc_config),
    ]] == [["nightly-run-task-big", "task_scheduler.run_task.handler", 900, 4096, 2048, "/aws/lambda/nightly-run-task", "Text", 1]]
    error_message = "the worker's function is not what its settings say, or logs elsewhere"
  }

  assert {
    condition     = keys(aws_cloudwatch_log_group.this) == ["keep_runs", "run_task", "send_task"] && length(aws_lambda_function.this["run_task"].vpc_config) == 0
    error_message = "the worker has a log group of its own, or its VPC is the others', too"
  }

  assert {
    condition = { for name, value in one(aws_lambda_function.this["run_task-big"].environment).variables : name => value if contains(["QUEUE_URL", "MAX_RECEIVE_COUNT", "TASK_CONCURRENCY", "STAGE", "TASK_LOG_GROUP"], name) } == {
      QUEUE_URL         = "https://tasks-big"
      MAX_RECEIVE_COUNT = "20"
      TASK_CONCURRENCY  = "1"
      STAGE             = "big"
      TASK_LOG_GROUP    = "/aws/lambda/nightly-run-task"
    }
    error_message = "the worker's environment is another one's"
  }

  assert {
    condition     = one(aws_lambda_function.this["send_task"].environment).variables["WORKER_QUEUES"] == "{\"big\":\"https://tasks-big\"}"
    error_message = "send_task does not know the worker's queue"
  }

  assert {
    condition = contains(flatten([for statement in jsondecode(aws_iam_role_policy.this["send_task"].policy).Statement : statement.Resource if contains(statement.Action, "sqs:SendMessage")]), "arn:aws:sqs:eu-west-1:123456789012:nightly-tasks-big") && [
      for statement in jsondecode(aws_iam_role_policy.this["run_task-big"].policy).Statement : statement.Resource if contains(statement.Action, "sqs:ReceiveMessage")
    ] == [["arn:aws:sqs:eu-west-1:123456789012:nightly-tasks-big"]]
    error_message = "send_task may not send to the worker, or the worker receives from another queue"
  }

  assert {
    condition = aws_iam_role.this["run_task-big"].name == "nightly-eu-west-1-run-task-big" && [for key, attachment in aws_iam_role_policy_attachment.task_code : key] == ["run_task-big/mail"] && [
      for key, policy in aws_iam_role_policy.this : key if strcontains(policy.policy, "s3:GetObject")
    ] == ["run_task-big"]
    error_message = "what the worker may do the others may, too"
  }

  assert {
    condition = [
      aws_lambda_event_source_mapping.tasks["big"].event_source_arn,
      aws_lambda_event_source_mapping.tasks["big"].batch_size,
      length(aws_lambda_event_source_mapping.tasks["big"].scaling_config),
      ] == [
      "arn:aws:sqs:eu-west-1:123456789012:nightly-tasks-big",
      1,
      0,
    ]
    error_message = "the worker's queue does not feed it as its settings say"
  }
}
