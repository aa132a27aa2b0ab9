output "queue" {
  description = "The task queue: name, arn and url."
  value       = module.queue.tasks
}

output "tasks_dead_letter_queue" {
  description = "The dead-letter queue of tasks (failed for good, expired, unreadable): name, arn and url."
  value       = module.queue.tasks_dead_letters
}

output "runs_dead_letter_queue" {
  description = "The dead-letter queue of runs (not delivered, or failed in send_task) and of lines that are not tasks: name, arn and url."
  value       = module.queue.runs_dead_letters
}

output "send_task" {
  description = "The function that puts the tasks of a run on the queue: name, arn and log_group."
  value       = module.functions.send_task
}

output "send_task_role" {
  description = "The role of send_task: name and arn."
  value       = module.functions.send_task_role
}

output "run_task" {
  description = "The function that runs the tasks on the queue: name, arn and log_group."
  value       = module.functions.run_task
}

output "run_task_role" {
  description = "The role of run_task, which tasks run under: name and arn."
  value       = module.functions.run_task_role
}

output "workers" {
  description = "By worker, default among them: its queue (name, arn and url), function (name, arn and log_group), role (name and arn) and dead_letter_queue (name, arn and url)."
  value = { for name, function in module.functions.workers : name => {
    queue             = module.queue.workers[name].tasks
    function          = { name = function.name, arn = function.arn, log_group = function.log_group }
    role              = function.role
    dead_letter_queue = module.queue.workers[name].dead_letters
  } }
}

output "keep_runs" {
  description = "The function that repeats what got lost of runs, closes what cannot end and starts what waits: name, arn and log_group."
  value       = module.functions.keep_runs
}

output "keep_runs_role" {
  description = "The role of keep_runs: name and arn."
  value       = module.functions.keep_runs_role
}

output "ledger" {
  description = "The table that runs are recorded in: name and arn."
  value       = module.ledger.table
}

output "scheduler_role" {
  description = "The role that the schedules invoke send_task with, and keep_runs' own schedule keep_runs: name and arn."
  value       = module.scheduler.role
}

output "schedule_group" {
  description = "The schedule group: name and arn."
  value       = module.scheduler.group
}

output "schedules" {
  description = "Name and arn of each schedule, by its key in var.schedules."
  value       = module.scheduler.schedules
}

output "monitoring" {
  description = "The names of the alarms (alarms), the ARN of the topic that they go to (topic_arn) and the name of the dashboard (dashboard); null where there is none."
  value = {
    alarms    = flatten(module.monitoring[*].alarms)
    topic_arn = one(module.monitoring[*].topic_arn)
    dashboard = one(module.monitoring[*].dashboard)
  }
}

output "kms_key_policy_statements" {
  description = "What the policy of a customer key (kms_key_arn) must allow, as a list of statements beside those of whoever administers the key. Known before the key is, so a key made in the same configuration can take them from here. Whoever applies needs kms:CreateGrant, kms:DescribeKey, kms:Encrypt, kms:Decrypt, kms:ReEncryptFrom, kms:ReEncryptTo and kms:GenerateDataKey on it, too; whoever operates needs kms:Decrypt, to read dead letters, and kms:GenerateDataKey, to send them again."
  value       = local.key_policy_statements
}
