# Where the functions find the URLs of the chat services, and what they may read for that: this and no more.
# Any of them may close a run, and then sends its digest.

locals {
  notify_environment = merge(
    { for name in try(var.notify.ssm_parameter, null)[*] : "NOTIFY_SSM_PARAMETER" => name },
    { for name in try(var.notify.secret, null)[*] : "NOTIFY_SECRET" => name },
  )

  notify_permissions = concat(
    [for name in try(var.notify.ssm_parameter, null)[*] : {
      Effect   = "Allow"
      Action   = ["ssm:GetParameter"]
      Resource = ["arn:${var.aws.partition}:ssm:${var.aws.region}:${var.aws.account}:parameter/${trimprefix(name, "/")}"]
    }],

    # AWS ends the ARN of a secret with six characters of its own.
    [for name in try(var.notify.secret, null)[*] : {
      Effect   = "Allow"
      Action   = ["secretsmanager:GetSecretValue"]
      Resource = [startswith(name, "arn:") ? name : "arn:${var.aws.partition}:secretsmanager:${var.aws.region}:${var.aws.account}:secret:${name}-??????"]
    }],

    # A key of AWS's own needs no permission beyond these.
    [for arn in try(var.notify.kms_key_arn, null)[*] : {
      Effect   = "Allow"
      Action   = ["kms:Decrypt"]
      Resource = [arn]
      Condition = { StringEquals = {
        "kms:ViaService" = ["${var.notify.secret == null ? "ssm" : "secretsmanager"}.${var.aws.region}.${var.aws.dns_suffix}"]
      } }
    }],
  )
}
