# The workers as alarms and graphs have them: the default one first, which is called run_task.

locals {
  workers = concat(
    [{
      name     = "run_task"
      is       = "run_task"
      of       = ""
      prefix   = ""
      suffix   = ""
      queue    = var.queues.tasks.name
      function = var.functions.run_task.name
      timeout  = var.functions.run_task.timeout
      settings = { concurrency = "maximum_concurrency", memory = "run_task_memory", timeout = "run_task_timeout" }
    }],
    [for name, worker in var.workers : {
      name     = name
      is       = "the worker ${name}"
      of       = " of the worker ${name}"
      prefix   = "${name}: "
      suffix   = "-${name}"
      queue    = worker.queue
      function = worker.function
      timeout  = worker.timeout
      settings = { concurrency = "its maximum_concurrency", memory = "its memory", timeout = "its timeout" }
    }],
  )

  # The queues of dead letters of tasks, by the names of their alarms.
  task_dead_letters = merge(
    { "tasks-dead-letters" = var.queues.tasks_dead_letters.name },
    { for queue in var.workers_dead_letters[*] : "workers-dead-letters" => queue.name },
  )
}
