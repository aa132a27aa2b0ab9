# The customer key: what its policy must allow. Built from names alone, so that a key made in the
# same configuration can take its policy from here and be handed in as kms_key_arn without a cycle.

locals {
  role_arns = { for role, name in local.role_names :
    role => "arn:${local.aws.partition}:iam::${local.aws.account}:role${var.roles.path}${name}"
  }

  has_own_topic = var.monitoring == null ? false : var.monitoring.topic == null

  # Roles are named by conditions, since KMS refuses principals that do not exist yet.
  of_this_account = { AWS = "arn:${local.aws.partition}:iam::${local.aws.account}:root" }

  # In a key's policy the resource "*" means the key itself.
  key_policy_statements = concat(
    [
      {
        Sid       = "Logs"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.aws.region}.${local.aws.dns_suffix}" }
        Action    = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:DescribeKey"]
        Resource  = "*"
        Condition = { ArnEquals = { "kms:EncryptionContext:aws:logs:arn" = [
          for function in ["send-task", "run-task", "keep-runs"] : "arn:${local.aws.partition}:logs:${local.aws.region}:${local.aws.account}:log-group:/aws/lambda/${var.prefix}-${function}"
        ] } }
      },
      {
        # What services do with queues, table, lists and the chat's URLs in a role's name.
        Sid       = "Roles"
        Effect    = "Allow"
        Principal = local.of_this_account
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = "*"
        Condition = {
          ArnEquals    = { "aws:PrincipalArn" = values(local.role_arns) }
          StringEquals = { "kms:ViaService" = [for service in ["dynamodb", "s3", "secretsmanager", "sqs", "ssm"] : "${service}.${local.aws.region}.${local.aws.dns_suffix}"] }
        }
      },
      {
        Sid       = "Schedules"
        Effect    = "Allow"
        Principal = local.of_this_account
        Action    = "kms:Decrypt"
        Resource  = "*"
        Condition = {
          ArnEquals = { "aws:PrincipalArn" = local.role_arns["scheduler"] }
          ArnLike = { "kms:EncryptionContext:aws:scheduler:schedule:arn" = [
            for group in [var.prefix, "${var.prefix}-keep-runs"] : "arn:${local.aws.partition}:scheduler:${local.aws.region}:${local.aws.account}:schedule/${group}/*"
          ] }
        }
      },
    ],
    !local.has_own_topic ? [] : [{
      Sid       = "Alarms"
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
      Resource  = "*"
      Condition = { StringEquals = {
        "kms:EncryptionContext:aws:sns:topicArn" = "arn:${local.aws.partition}:sns:${local.aws.region}:${local.aws.account}:${var.prefix}-alarms"
      } }
    }],
  )
}
