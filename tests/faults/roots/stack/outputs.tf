output "stack" {
  description = "Everything that the module tells."
  value       = module.task_scheduler
}
