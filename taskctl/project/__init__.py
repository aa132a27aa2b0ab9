"""The user's project: tfvars, task code, task lists, Terraform."""
