# What came of each message, for as long as it could come again. Powertools' idempotency writes it.

resource "aws_dynamodb_table" "outcomes" {
  count = var.deduplication ? 1 : 0

  name         = "${var.prefix}-outcomes"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"
  tags         = var.tags

  attribute {
    name = "id"
    type = "S"
  }

  # Without a key of the user's the table is encrypted under one of AWS's own.
  dynamic "server_side_encryption" {
    for_each = var.kms_key_arn[*]

    content {
      enabled     = true
      kms_key_arn = server_side_encryption.value
    }
  }

  ttl {
    attribute_name = "expiration"
    enabled        = true
  }
}
