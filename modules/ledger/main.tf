# The run ledger: what was sent, what ended, and how each run closed.

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

  attribute {
    name = "due"
    type = "S"
  }

  attribute {
    name = "due_at"
    type = "N"
  }

  # What keep_runs has to look at. Items without `due` are not in it and cost nothing there.
  global_secondary_index {
    name            = "due"
    hash_key        = "due"
    range_key       = "due_at"
    projection_type = "KEYS_ONLY"
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
