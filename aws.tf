# Where everything is, read once for all of the modules.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

# Its region: AWS providers 5 and 6 have no other name for it in common that neither deprecates.
data "aws_service" "sqs" {
  service_id = "sqs"
}

locals {
  aws = {
    account    = data.aws_caller_identity.current.account_id
    region     = data.aws_service.sqs.region
    partition  = data.aws_partition.current.partition
    dns_suffix = data.aws_partition.current.dns_suffix
  }

  # Roles are an account's, not a region's: their names say which region they are for, or, where that is
  # too long, a hash does.
  role_prefix = (
    length("${var.prefix}-${local.aws.region}") <= 54
    ? "${var.prefix}-${local.aws.region}"
    : "${substr(var.prefix, 0, 45)}-${substr(sha256("${var.prefix}/${local.aws.region}"), 0, 8)}"
  )

  role_names = merge(
    {
      send_task = "${local.role_prefix}-send-task"
      run_task  = "${local.role_prefix}-run-task"
      keep_runs = "${local.role_prefix}-keep-runs"
      scheduler = "${local.role_prefix}-scheduler"
    },
    { for name in keys(var.workers) : "run_task-${name}" => (
      length("${local.role_prefix}-run-task-${name}") <= 64
      ? "${local.role_prefix}-run-task-${name}"
      : "${substr("${local.role_prefix}-run-task-${name}", 0, 55)}-${substr(sha256("${var.prefix}/${local.aws.region}/${name}"), 0, 8)}"
    ) },
  )
}
