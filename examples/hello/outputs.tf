output "task_scheduler" {
  description = "Everything that the module tells."
  value       = module.task_scheduler
}

output "expected_outcomes" {
  description = "What has to become of the tasks of one run: how many come to which outcome, by schedule."
  value = {
    hello      = { success = 2 }
    hello-file = { success = 3 }
    greet      = { success = 2 }
    fetch      = { failed = 1 }
  }
}
