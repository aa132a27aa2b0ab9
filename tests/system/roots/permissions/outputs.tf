output "open" {
  description = "Everything that the module tells of the instance with a parameter."
  value       = module.open
}

output "locked" {
  description = "Everything that the module tells of the instance with a secret, a key and a VPC."
  value       = module.locked
}
