# The run ledger: what was sent, what ended, and how each run closed. docs/ledger.md has its items.
#
# It has no index: how one is written up to 6.28 of the provider is deprecated from 6.29 on, and how it
# is written then is unknown before. What keep_runs has to look at is marked in a partition instead.

resource "aws_dynamodb_table" "this" {
  # checkov:skip=CKV_AWS_28: what it holds is history; a backup costs, and without the table runs go on
  # checkov:skip=CKV_AWS_119: a key of the user's is the user's choice (kms_key_arn), and costs; without one AWS encrypts the table with its own
  name         = "${var.prefix}-ledger"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "pk"
  range_key    = "sk"
  tags         = var.tags

  attribute {
    name = "pk"
    type = "S"
  }

  attribute {
    name = "sk"
    type = "S"
  }

  # Always there, since the provider does not take a key back with its block. Without one the table is
  # encrypted under a key of AWS's own.
  server_side_encryption {
    enabled     = var.kms_key_arn != null
    kms_key_arn = var.kms_key_arn
  }

  ttl {
    attribute_name = "expires"
    enabled        = true
  }
}
