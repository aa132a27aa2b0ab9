# The Terraform rules that are built into tflint; no plugin has to be fetched.
plugin "terraform" {
  enabled = true
  preset  = "all"
}

# Files are named for their topic, not after the standard module structure of one file each.
rule "terraform_standard_module_structure" {
  enabled = false
}

# The root's versions.tf says what its modules need.
rule "terraform_unused_required_providers" {
  enabled = false
}
