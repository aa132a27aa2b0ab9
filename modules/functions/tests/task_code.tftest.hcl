mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "run_task_alone_has_what_task_code_needs_where_it_runs_nowhere_else" {
  command = plan

  variables {
    workers = { default = merge(var.workers.default, {
      environment          = { STAGE = "test", EMPTY = "" }
      secrets              = { API_TOKEN = "/jobs/token", OTHER = "arn:aws:ssm:eu-west-1:123456789012:parameter/other", DATABASE = "jobs/database" }
      secrets_kms_key_arns = ["arn:aws:kms:eu-west-1:123456789012:key/0123"]
      policy_statements = [
        { sid = "Read", actions = ["s3:GetObject"], resources = ["arn:aws:s3:::reports/*"], conditions = {}, generators = false },
        { sid = null, actions = ["s3:ListBucket"], resources = ["arn:aws:s3:::reports"], conditions = { StringEquals = { "s3:prefix" = ["in/"] } }, generators = true },
      ]
      policy_arns = { mail = "arn:aws:iam::123456789012:policy/mail" }
    }) }
  }

  assert {
    condition = { for name, value in one(aws_lambda_function.this["run_task"].environment).variables : name => value if contains(["STAGE", "EMPTY", "TASK_SECRETS"], name) } == {
      STAGE        = "test"
      EMPTY        = ""
      TASK_SECRETS = "{\"API_TOKEN\":\"/jobs/token\",\"DATABASE\":\"jobs/database\",\"OTHER\":\"arn:aws:ssm:eu-west-1:123456789012:parameter/other\"}"
    }
    error_message = "run_task has not the environment of task code, or does not know where secrets are"
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.this["run_task"].policy).Statement : statement
      if can(regex("^(?:ssm|secretsmanager|kms|s3):", statement.Action[0]))
      ] == [
      { Effect = "Allow", Action = ["ssm:GetParameter"], Resource = ["arn:aws:ssm:eu-west-1:123456789012:parameter/jobs/token", "arn:aws:ssm:eu-west-1:123456789012:parameter/other"] },
      { Effect = "Allow", Action = ["secretsmanager:GetSecretValue"], Resource = ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:jobs/database-??????"] },
      {
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = ["arn:aws:kms:eu-west-1:123456789012:key/0123"]
        Condition = { StringEquals = { "kms:ViaService" = ["secretsmanager.eu-west-1.amazonaws.com", "ssm.eu-west-1.amazonaws.com"] } }
      },
      { Sid = "Read", Effect = "Allow", Action = ["s3:GetObject"], Resource = ["arn:aws:s3:::reports/*"] },
      { Effect = "Allow", Action = ["s3:ListBucket"], Resource = ["arn:aws:s3:::reports"], Condition = { StringEquals = { "s3:prefix" = ["in/"] } } },
    ]
    error_message = "the role of run_task may not do what task code needs, or may do more"
  }

  assert {
    condition     = [for key, attachment in aws_iam_role_policy_attachment.task_code : [key, attachment.policy_arn]] == [["run_task/mail", "arn:aws:iam::123456789012:policy/mail"]]
    error_message = "a managed policy is not attached"
  }

  assert {
    condition = alltrue([for key in setsubtract(keys(aws_lambda_function.this), ["run_task"]) :
      !can(one(aws_lambda_function.this[key].environment).variables["STAGE"]) &&
      !can(one(aws_lambda_function.this[key].environment).variables["TASK_SECRETS"]) &&
      !can(regex("s3:|ssm:|secretsmanager:", aws_iam_role_policy.this[key].policy))
    ])
    error_message = "a function that runs no task code has its environment or permissions"
  }
}

run "send_task_has_environment_and_secrets_where_it_runs_generators_and_only_their_permissions" {
  command = plan

  variables {
    has_generators = true
    workers = { default = merge(var.workers.default, {
      environment          = { STAGE = "test", EMPTY = "" }
      secrets              = { API_TOKEN = "/jobs/token", OTHER = "arn:aws:ssm:eu-west-1:123456789012:parameter/other", DATABASE = "jobs/database" }
      secrets_kms_key_arns = ["arn:aws:kms:eu-west-1:123456789012:key/0123"]
      policy_statements = [
        { sid = "Read", actions = ["s3:GetObject"], resources = ["arn:aws:s3:::reports/*"], conditions = {}, generators = false },
        { sid = null, actions = ["s3:ListBucket"], resources = ["arn:aws:s3:::reports"], conditions = { StringEquals = { "s3:prefix" = ["in/"] } }, generators = true },
      ]
      policy_arns = { mail = "arn:aws:iam::123456789012:policy/mail" }
    }) }
  }

  assert {
    condition     = one(aws_lambda_function.this["send_task"].environment).variables["STAGE"] == "test" && one(aws_lambda_function.this["send_task"].environment).variables["TASK_SECRETS"] == one(aws_lambda_function.this["run_task"].environment).variables["TASK_SECRETS"]
    error_message = "generators have not the environment of task code"
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.this["send_task"].policy).Statement : statement.Action[0]
      if can(regex("^(?:ssm|secretsmanager|kms|s3):", statement.Action[0]))
    ] == ["ssm:GetParameter", "secretsmanager:GetSecretValue", "kms:Decrypt", "s3:ListBucket"]
    error_message = "send_task may not do what its generators need, or may do more"
  }
}

run "an_environment_of_4_kb_is_taken" {
  command = plan

  variables {
    workers = { default = merge(var.workers.default, { environment = { LONG = join("", [for number in range(290) : "xxxxxxxxxx"]) } }) }
  }
}

run "a_larger_one_is_refused" {
  command = plan

  variables {
    workers = { default = merge(var.workers.default, { environment = { LONG = join("", [for number in range(390) : "xxxxxxxxxx"]) } }) }
  }

  expect_failures = [aws_lambda_function.this["run_task"]]
}

run "a_character_beyond_ascii_counts_as_its_bytes" {
  command = plan

  variables {
    workers = { default = merge(var.workers.default, { environment = { LONG = join("", [for number in range(130) : "夜夜夜夜夜夜夜夜夜夜"]) } }) }
  }

  expect_failures = [aws_lambda_function.this["run_task"]]
}
