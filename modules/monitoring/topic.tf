# Where alarms go: the user's topic, or one of our own.

locals {
  # Built from the name, so that the policy is not a resource of its own.
  name          = "${var.prefix}-alarms"
  own_topic_arn = "arn:${var.aws.partition}:sns:${var.aws.region}:${var.aws.account}:${local.name}"

  topic_arn = var.topic == null ? aws_sns_topic.alarms[0].arn : var.topic.arn
}

resource "aws_sns_topic" "alarms" {
  #checkov:skip=CKV_AWS_26:CloudWatch cannot publish to a topic under SNS's own key; with kms_key_arn it is encrypted.
  count = var.topic == null ? 1 : 0

  name              = local.name
  kms_master_key_id = var.kms_key_arn
  tags              = var.tags

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = local.own_topic_arn
        Condition = {
          StringEquals = { "aws:SourceAccount" = var.aws.account }
          ArnLike      = { "aws:SourceArn" = "arn:${var.aws.partition}:cloudwatch:${var.aws.region}:${var.aws.account}:alarm:${var.prefix}-*" }
        }
      },
      {
        Sid       = "DenyWithoutTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = local.own_topic_arn
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "DenyOtherAccounts"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = local.own_topic_arn
        Condition = {
          StringNotEquals = { "aws:PrincipalAccount" = var.aws.account }
          Bool            = { "aws:PrincipalIsAWSService" = "false" } # they have no account
        }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "emails" {
  for_each = var.topic == null ? var.emails : []

  topic_arn = aws_sns_topic.alarms[0].arn
  protocol  = "email"
  endpoint  = each.key
}
