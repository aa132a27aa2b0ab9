output "names" {
  value = module.task_scheduler
}
