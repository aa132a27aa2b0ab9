mock_provider "aws" {
  source = "../../tests/module/mocks"
}

run "in_a_vpc_lambda_makes_the_interfaces_and_the_code_cannot" {
  command = plan

  variables {
    workers = { default = merge(var.workers.default, { vpc = { subnet_ids = ["subnet-1", "subnet-2"], security_group_ids = ["sg-1"] } }) }
  }

  assert {
    condition = alltrue([for function in aws_lambda_function.this :
      one(function.vpc_config).subnet_ids == toset(["subnet-1", "subnet-2"]) && one(function.vpc_config).security_group_ids == toset(["sg-1"])
    ])
    error_message = "a function is not in the VPC"
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.this["run_task"].policy).Statement : statement if startswith(statement.Action[0], "ec2:")] == [
      {
        Effect = "Allow"
        Action = ["ec2:CreateNetworkInterface"]
        Resource = [
          "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-1",
          "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-2",
          "arn:aws:ec2:eu-west-1:123456789012:security-group/sg-1",
          "arn:aws:ec2:eu-west-1:123456789012:network-interface/*",
        ]
      },
      {
        Effect   = "Allow"
        Action   = ["ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"]
        Resource = ["arn:aws:ec2:eu-west-1:123456789012:*/*"]
      },
      {
        Effect   = "Allow"
        Action   = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
        Resource = ["*"]
      },
      {
        Effect = "Deny"
        Action = [
          "ec2:CreateNetworkInterface",
          "ec2:DeleteNetworkInterface",
          "ec2:AssignPrivateIpAddresses",
          "ec2:UnassignPrivateIpAddresses",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeSubnets",
        ]
        Resource  = ["*"]
        Condition = { ArnEquals = { "lambda:SourceFunctionArn" = "arn:aws:lambda:eu-west-1:123456789012:function:nightly-run-task" } }
      },
    ]
    error_message = "Lambda cannot put run_task into the VPC, or the code in it can do so itself"
  }
}

run "outside_of_a_vpc_nothing_of_it_is_allowed" {
  command = plan

  assert {
    condition     = alltrue([for function in aws_lambda_function.this : length(function.vpc_config) == 0])
    error_message = "a function is in a VPC"
  }

  assert {
    condition     = !anytrue([for policy in aws_iam_role_policy.this : strcontains(policy.policy, "ec2:")])
    error_message = "a role may make network interfaces"
  }
}
