output "day" {
  description = "Everything that the first instance tells."
  value       = module.day
}

output "night" {
  description = "Everything that the second instance tells."
  value       = module.night
}
