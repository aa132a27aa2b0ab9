mock_provider "aws" {
  source = "./tests/module/mocks"
}

run "a_key_of_this_account_is_legal" {
  command = plan

  variables {
    kms_key_arn   = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    deduplication = true
  }
}

run "a_key_of_another_account_is_legal" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab"
  }
}

run "its_policy_allows_what_is_encrypted_with_it" {
  command = plan

  variables {
    roles = { path = "/jobs/" }
  }

  assert {
    condition = output.kms_key_policy_statements[*].Sid == ["Logs", "Roles", "Schedules", "Alarms"] && alltrue([for statement in output.kms_key_policy_statements :
      statement.Effect == "Allow" && statement.Resource == "*" && length(statement.Condition) > 0
    ])
    error_message = "a statement is missing, or has no condition"
  }

  assert {
    condition = output.kms_key_policy_statements[0].Condition.ArnEquals["kms:EncryptionContext:aws:logs:arn"] == [
      "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/nightly-send-task",
      "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/nightly-run-task",
      "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/nightly-keep-runs",
    ]
    error_message = "CloudWatch may not encrypt the logs"
  }

  assert {
    condition = output.kms_key_policy_statements[1].Condition == {
      ArnEquals = { "aws:PrincipalArn" = [
        "arn:aws:iam::123456789012:role/jobs/nightly-eu-west-1-keep-runs",
        "arn:aws:iam::123456789012:role/jobs/nightly-eu-west-1-run-task",
        "arn:aws:iam::123456789012:role/jobs/nightly-eu-west-1-scheduler",
        "arn:aws:iam::123456789012:role/jobs/nightly-eu-west-1-send-task",
      ] }
      StringEquals = { "kms:ViaService" = [for service in ["dynamodb", "s3", "secretsmanager", "sqs", "ssm"] : "${service}.eu-west-1.amazonaws.com"] }
    }
    error_message = "the roles may not use the key, or other than through a service"
  }

  assert {
    condition = output.kms_key_policy_statements[2].Condition == {
      ArnEquals = { "aws:PrincipalArn" = "arn:aws:iam::123456789012:role/jobs/nightly-eu-west-1-scheduler" }
      ArnLike = { "kms:EncryptionContext:aws:scheduler:schedule:arn" = [
        "arn:aws:scheduler:eu-west-1:123456789012:schedule/nightly/*",
        "arn:aws:scheduler:eu-west-1:123456789012:schedule/nightly-keep-runs/*",
      ] }
    }
    error_message = "Scheduler may not open the schedules, or more than those"
  }
}

run "without_a_topic_of_its_own_nothing_of_one_is_allowed" {
  command = plan

  variables {
    monitoring = { topic = { arn = "arn:aws:sns:eu-west-1:123456789012:pagers" } }
  }

  assert {
    condition     = output.kms_key_policy_statements[*].Sid == ["Logs", "Roles", "Schedules"]
    error_message = "CloudWatch may use the key for a topic that is not there"
  }
}

run "an_alias_is_refused" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:alias/jobs"
  }

  expect_failures = [var.kms_key_arn]
}

run "a_keys_id_is_refused" {
  command = plan

  variables {
    kms_key_arn = "1234abcd-12ab-34cd-56ef-1234567890ab"
  }

  expect_failures = [var.kms_key_arn]
}

run "a_key_of_another_region_is_refused" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-2:123456789012:key/1234abcd"
  }

  expect_failures = [var.kms_key_arn]
}

run "a_key_of_another_partition_is_refused" {
  command = plan

  variables {
    kms_key_arn = "arn:aws-cn:kms:eu-west-1:123456789012:key/1234abcd"
  }

  expect_failures = [var.kms_key_arn]
}
