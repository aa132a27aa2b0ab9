output "task_scheduler" {
  description = "All outputs of the module."
  value       = module.task_scheduler
}
