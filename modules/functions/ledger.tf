locals {
  # The run ledger: what each function knows of it, and may do with it. A transaction needs the
  # permissions of the operations in it.
  ledger_arn = "arn:${var.aws.partition}:dynamodb:${var.aws.region}:${var.aws.account}:table/${var.ledger_table}"
  ledger_environment = {
    LEDGER_TABLE     = var.ledger_table
    LEDGER_RETENTION = tostring(var.ledger_retention)
  }
  ledger_permission = {
    Effect   = "Allow"
    Action   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
    Resource = [local.ledger_arn]
  }
}
