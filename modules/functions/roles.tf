locals {
  # What all roles need beside the permissions of their own.
  shared_permissions = { for key, function in local.functions : key => concat(
    [{
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["arn:${var.aws.partition}:logs:${var.aws.region}:${var.aws.account}:log-group:${function.log_group}:*"] # its streams
    }],

    # Queues, table and lists are opened in the role's name; Lambda and CloudWatch open the rest themselves.
    [for action, services in var.kms_key_arn == null ? {} : function.customer_key : {
      Effect   = "Allow"
      Action   = [action]
      Resource = [var.kms_key_arn]
      Condition = { StringEquals = { "kms:ViaService" = [
        for service in services : "${service}.${var.aws.region}.${var.aws.dns_suffix}"
      ] } }
    }],

    !var.tracing ? [] : [{
      Effect   = "Allow"
      Action   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
      Resource = ["*"] # X-Ray has no resources to name here.
    }],

    # Lambda puts the functions into the VPC in the role's name; the code that runs there needs none of it.
    flatten([for vpc in function.vpc[*] : [
      {
        Effect = "Allow"
        Action = ["ec2:CreateNetworkInterface"]
        Resource = concat(
          [for subnet in vpc.subnet_ids : "arn:${var.aws.partition}:ec2:${var.aws.region}:${var.aws.account}:subnet/${subnet}"],
          [for group in vpc.security_group_ids : "arn:${var.aws.partition}:ec2:${var.aws.region}:${var.aws.account}:security-group/${group}"],
          [local.network_interfaces],
        )
      },
      {
        Effect   = "Allow"
        Action   = ["ec2:DeleteNetworkInterface", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"]
        Resource = [local.any_of_ec2]
      },
      {
        Effect   = "Allow"
        Action   = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"]
        Resource = ["*"] # EC2 takes no resource for these.
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
        Condition = { ArnEquals = { "lambda:SourceFunctionArn" = local.function_arns[key] } }
      },
    ]]),
  ) }

  policies = { for key, function in local.functions : key => jsonencode({
    Version   = "2012-10-17"
    Statement = concat(function.permissions, local.shared_permissions[key], local.task_code_permissions[key])
  }) }

  # Lambda asks for these when it makes the function, before there is an interface, and is content with
  # no less than anything of EC2's in the account.
  any_of_ec2 = "arn:${var.aws.partition}:ec2:${var.aws.region}:${var.aws.account}:*/*"

  # Lambda makes them, under ids that nobody knows before.
  network_interfaces = "arn:${var.aws.partition}:ec2:${var.aws.region}:${var.aws.account}:network-interface/*"
}

resource "aws_iam_role" "this" {
  for_each = local.functions

  name                 = var.roles.names[each.key]
  path                 = var.roles.path
  permissions_boundary = var.roles.permissions_boundary
  description          = "Role of the function ${each.value.name}."
  tags                 = var.tags

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  for_each = local.functions

  name   = each.value.name
  role   = aws_iam_role.this[each.key].id # unlike its name unknown when it is replaced, and so replaced with it
  policy = local.policies[each.key]

  lifecycle {
    precondition {
      condition     = length(local.policies[each.key]) <= 10240
      error_message = "The policy of the role ${var.roles.names[each.key]} has ${length(local.policies[each.key])} characters, ${length(local.policies[each.key]) - 10240} too many for IAM. It names every list in S3 (tasks_s3_uri) and holds policy_statements: shorten keys, put statements into a policy of their own (policy_arns), or spread the schedules over several instances of the module."
    }
  }
}
