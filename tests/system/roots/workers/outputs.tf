output "names" {
  description = "What the tests ask for."
  value       = module.task_scheduler
}
