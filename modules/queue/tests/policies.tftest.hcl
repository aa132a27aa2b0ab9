mock_provider "aws" {
  source = "../../tests/module/mocks"
}

variables {
  aws = { account = "123456789012", region = "cn-north-1", partition = "aws-cn", dns_suffix = "amazonaws.com.cn" }
}

run "every_queue_insists_on_tls_and_on_the_account_and_grants_nothing" {
  command = plan

  assert {
    condition = alltrue([for queue in [aws_sqs_queue.tasks["default"], aws_sqs_queue.tasks_dead_letters["default"], aws_sqs_queue.runs_dead_letters] :
      jsondecode(queue.policy).Statement == [
        {
          Sid       = "DenyWithoutTls"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sqs:*"
          Resource  = "arn:aws-cn:sqs:cn-north-1:123456789012:${queue.name}"
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
        {
          Sid       = "DenyOtherAccounts"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sqs:*"
          Resource  = "arn:aws-cn:sqs:cn-north-1:123456789012:${queue.name}"
          Condition = {
            StringNotEquals = { "aws:PrincipalAccount" = "123456789012" }
            Bool            = { "aws:PrincipalIsAWSService" = "false" }
          }
        },
      ]
    ])
    error_message = "a queue's policy does not deny what comes without TLS or from another account, or grants something"
  }
}
