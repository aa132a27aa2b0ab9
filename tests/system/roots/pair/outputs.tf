output "day" {
  description = "All outputs of the first instance."
  value       = module.day
}

output "night" {
  description = "All outputs of the second instance."
  value       = module.night
}
