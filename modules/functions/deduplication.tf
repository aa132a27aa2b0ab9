# What came of each message, for as long as it could come again. Powertools' idempotency writes it.

resource "aws_dynamodb_table" "outcomes" {
  # checkov:skip=CKV_AWS_28: an outcome is of use while its message can be sent again; without a backup a lost table costs second runs
  # checkov:skip=CKV_AWS_119: a key of the user's is the user's choice (kms_key_arn), and costs; without one AWS encrypts the table with its own
  count = var.deduplication ? 1 : 0

  name         = "${var.prefix}-outcomes"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  tags         = var.tags

  attribute {
    name = "id"
    type = "S"
  }

  # Always there, since the provider does not take a key back with its block. Without one the table is
  # encrypted under a key of AWS's own.
  server_side_encryption {
    enabled     = var.kms_key_arn != null
    kms_key_arn = var.kms_key_arn
  }

  ttl {
    attribute_name = "expiration"
    enabled        = true
  }
}
