mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "the_topic_takes_alarms_of_this_account_only" {
  command = plan

  variables {
    emails      = ["ops@example.com"]
    kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
  }

  assert {
    condition     = [aws_sns_topic.alarms[0].name, aws_sns_topic.alarms[0].kms_master_key_id] == ["nightly-alarms", "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"]
    error_message = "the topic has another name, or is not encrypted with the key"
  }

  assert {
    condition = jsondecode(aws_sns_topic.alarms[0].policy).Statement == [
      {
        Sid       = "Alarms"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = "sns:Publish"
        Resource  = "arn:aws:sns:eu-west-1:123456789012:nightly-alarms"
        Condition = {
          StringEquals = { "aws:SourceAccount" = "123456789012" }
          ArnLike      = { "aws:SourceArn" = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:nightly-*" }
        }
      },
      {
        Sid       = "DenyWithoutTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = "arn:aws:sns:eu-west-1:123456789012:nightly-alarms"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "DenyOtherAccounts"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = "arn:aws:sns:eu-west-1:123456789012:nightly-alarms"
        Condition = {
          StringNotEquals = { "aws:PrincipalAccount" = "123456789012" }
          Bool            = { "aws:PrincipalIsAWSService" = "false" }
        }
      },
    ]
    error_message = "others may publish to the topic, or without TLS"
  }

  assert {
    condition     = { for key, subscription in aws_sns_topic_subscription.emails : key => [subscription.protocol, subscription.endpoint] } == { "ops@example.com" = ["email", "ops@example.com"] }
    error_message = "the address gets no alarms"
  }
}

run "a_topic_of_the_users_takes_the_place_of_ours" {
  command = plan

  variables {
    topic = { arn = "arn:aws:sns:eu-west-1:123456789012:pagers" }
  }

  assert {
    condition     = length(aws_sns_topic.alarms) == 0 && alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset(["arn:aws:sns:eu-west-1:123456789012:pagers"])])
    error_message = "alarms do not go to the user's topic"
  }
}
