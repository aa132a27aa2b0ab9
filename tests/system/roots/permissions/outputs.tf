output "task_scheduler" {
  description = "Everything that the module tells."
  value       = module.task_scheduler
}
