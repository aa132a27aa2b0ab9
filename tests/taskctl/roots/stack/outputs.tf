output "stack" {
  value = module.task_scheduler
}
