mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "the_table_is_the_one_that_the_runtime_reads_and_writes" {
  command = plan

  assert {
    condition = (
      aws_dynamodb_table.this.name == "nightly-ledger" &&
      [aws_dynamodb_table.this.hash_key, aws_dynamodb_table.this.range_key] == ["pk", "sk"] &&
      { for attribute in aws_dynamodb_table.this.attribute : attribute.name => attribute.type } == { pk = "S", sk = "S" }
    )
    error_message = "the table has another name or other keys"
  }
}

run "it_costs_what_is_used_and_forgets_what_has_expired" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST"
    error_message = "the table costs while nothing runs"
  }

  assert {
    condition     = [one(aws_dynamodb_table.this.ttl).attribute_name, one(aws_dynamodb_table.this.ttl).enabled] == ["expires", true]
    error_message = "the table keeps everything for ever"
  }

  assert {
    condition     = aws_dynamodb_table.this.tags == tomap({ team = "data" })
    error_message = "the table is not tagged"
  }
}

run "without_a_key_aws_encrypts_it_with_its_own" {
  command = plan

  assert {
    condition     = !one(aws_dynamodb_table.this.server_side_encryption).enabled
    error_message = "the table is encrypted with a key that costs"
  }
}

run "a_key_of_the_users_encrypts_it" {
  command = plan

  variables {
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
  }

  assert {
    condition     = [one(aws_dynamodb_table.this.server_side_encryption).enabled, one(aws_dynamodb_table.this.server_side_encryption).kms_key_arn] == [true, "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"]
    error_message = "the table is not encrypted with the key"
  }
}

run "outputs_are_of_the_table" {
  command = apply

  assert {
    condition     = output.table == { name = "nightly-ledger", arn = aws_dynamodb_table.this.arn }
    error_message = "the output is of another table"
  }
}
