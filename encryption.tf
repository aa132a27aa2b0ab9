# The customer key: what its policy has to allow. Built from names alone, so that a key made in the
# same configuration can take its policy from here and be handed in as kms_key_arn without a cycle.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id
  account   = data.aws_caller_identity.current.account_id

  # In a key's policy the resource "*" means the key itself.
  key_policy_statements = [
    {
      Sid       = "Logs"
      Effect    = "Allow"
      Principal = { Service = "logs.${local.region}.${data.aws_partition.current.dns_suffix}" }
      Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey"]
      Resource  = "*"
      Condition = { ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = [
        for function in ["send-task", "run-task"] : "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:/aws/lambda/${var.prefix}-${function}"
      ] } }
    },
    {
      Sid       = "Alarms"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = "*"
      Condition = { StringEquals = {
        "kms:EncryptionContext:aws:sns:topicArn" = "arn:${local.partition}:sns:${local.region}:${local.account}:${var.prefix}-alarms"
      } }
    },
    {
      # By a condition, since KMS refuses principals that do not exist yet.
      Sid       = "Roles"
      Effect    = "Allow"
      Principal = { AWS = "arn:${local.partition}:iam::${local.account}:root" }
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = "*"
      Condition = { ArnEquals = { "aws:PrincipalArn" = [
        for role in ["send-task", "run-task", "scheduler"] : "arn:${local.partition}:iam::${local.account}:role${var.roles.path}${var.prefix}-${role}"
      ] } }
    },
  ]
}
