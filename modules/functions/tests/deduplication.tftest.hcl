mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "outcomes_are_remembered_for_as_long_as_a_message_may_be_sent_again" {
  command = plan

  variables {
    deduplication = true
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
      for name, value in one(aws_lambda_function.this["run_task"].environment).variables : name => value if contains(["DEDUPLICATION_TABLE", "OUTCOME_RETENTION"], name)
    }) == tomap({ DEDUPLICATION_TABLE = "nightly-outcomes", OUTCOME_RETENTION = "1555200" })
    error_message = "run_task does not know the table, or for how long outcomes are kept in it"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this["run_task"].policy).Statement[2] == {
      Effect   = "Allow"
      Action   = ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
      Resource = ["arn:aws:dynamodb:eu-west-1:123456789012:table/nightly-outcomes"]
    }
    error_message = "run_task may not write to the table, or may do more"
  }
}

run "without_deduplication_there_is_no_table" {
  command = plan

  assert {
    condition     = length(aws_dynamodb_table.outcomes) == 0
    error_message = "there is a table that was not asked for"
  }
}
