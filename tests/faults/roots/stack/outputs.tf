output "stack" {
  description = "All outputs of the module."
  value       = module.task_scheduler
}
