output "open" {
  description = "All outputs of the module of the instance with a parameter."
  value       = module.open
}

output "locked" {
  description = "All outputs of the module of the instance with a secret, a key and a VPC."
  value       = module.locked
}
