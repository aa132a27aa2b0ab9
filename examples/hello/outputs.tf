output "task_scheduler" {
  description = "All outputs of the module."
  value       = module.task_scheduler
}

output "expected_outcomes" {
  description = "Expected outcomes of the tasks of one run: their numbers by schedule and outcome."
  value = {
    hello      = { success = 2 }
    hello-file = { success = 3 }
    greet      = { success = 2 }
    fetch      = { failed = 1 }
  }
}
