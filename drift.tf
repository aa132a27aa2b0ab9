# Code that somebody changed by hand: the provider does not compare it, so plans would stay empty for ever.

# When the code that is planned was first planned. Terraform shows no values of before, but it keeps them
# where changes are ignored; so this is the time of this plan if it deploys code, and else one before.
resource "terraform_data" "code" {
  input            = plantimestamp()
  triggers_replace = module.functions.code.planned

  lifecycle {
    ignore_changes = [input]
  }
}

locals {
  deploys_code = terraform_data.code.input == plantimestamp()

  # The functions whose code is another; what is deployed is known only where nothing is.
  changed_code = local.deploys_code ? [] : [for name, deployed in module.functions.code.deployed :
    name if deployed != module.functions.code.planned
  ]
}

check "code" {
  assert {
    condition     = length(local.changed_code) == 0
    error_message = "The code of ${join(" and ", local.changed_code)} is not what Terraform deployed: somebody changed it by hand, and an apply leaves it so. To deploy it again, change a file of the task folder, or replace the function with terraform apply -replace=ADDRESS."
  }
}
