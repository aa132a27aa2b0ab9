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
}
